# The product for production: one image for web, worker, beat and migrations (docker-compose.yml).
FROM node:24-bookworm-slim AS assets
WORKDIR /assets
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts

FROM python:3.11-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=crm.settings.production
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-wqy-microhei \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --create-home crm && install -d -o crm -g crm /data/media
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
COPY --from=assets /assets/node_modules ./node_modules
# Only the static files are gathered here; the key is thrown away and nothing connects.
RUN python -m launcher.translations \
    && SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
       ALLOWED_HOSTS=build.invalid DATABASE_URL=postgres://crm@127.0.0.1/crm \
       REDIS_URL=redis://127.0.0.1:6379/0 python manage.py collectstatic --noinput
USER crm
EXPOSE 8000
CMD ["gunicorn", "crm.wsgi:application", "-c", "deploy/gunicorn.conf.py", "--bind", "0.0.0.0:8000"]
