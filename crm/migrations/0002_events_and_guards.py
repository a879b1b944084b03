"""What Django's operations cannot say: the partitioned outbox, the stamp, append-only tables."""

from django.db import migrations

from crm.records.triggers import append_only, append_only_function

EVENTS = """
CREATE TABLE crm_event (
    id bigint GENERATED ALWAYS AS IDENTITY,
    act uuid NOT NULL,
    module varchar(40) NOT NULL,
    record_id bigint NOT NULL,
    version integer NOT NULL,
    kind varchar(12) NOT NULL,
    changed jsonb NOT NULL DEFAULT '[]',
    actor_id bigint,
    source varchar(20) NOT NULL,
    address inet,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE crm_event_rest PARTITION OF crm_event DEFAULT;
CREATE INDEX crm_event_record ON crm_event (module, record_id, id DESC);
CREATE INDEX crm_event_at ON crm_event (at DESC, id DESC);
CREATE INDEX crm_event_act ON crm_event (act);
"""
HISTORIES = [
    "crm_custom_record_history", "crm_phone_history", "crm_mail_history", "crm_address_history",
    "crm_tag_history", "crm_follow_up_history", "crm_mention_history", "crm_audit_entry",
]


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_kernel")]

    operations = [
        migrations.RunSQL(EVENTS, "DROP TABLE crm_event"),
        migrations.RunSQL(
            "INSERT INTO crm_stamp (id, rights, definitions) VALUES (1, 1, 1) ON CONFLICT DO NOTHING",
            "DELETE FROM crm_stamp",
        ),
        append_only_function(),
        *(append_only(table) for table in HISTORIES),
    ]
