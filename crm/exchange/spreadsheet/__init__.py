"""Spreadsheets read and written: the only room that knows openpyxl and the formats of tables.

with upload.open("rb") as file:
    table = open_table(file, upload.name, Limits(rows=100_000))
    for number, values in table.rows():
        if isinstance(values, BadRow): ...  # values.reason
"""

from crm.exchange.spreadsheet.csv_source import ENCODINGS, SEPARATORS, fits
from crm.exchange.spreadsheet.limits import (
    BadRow,
    LimitExceeded,
    Limits,
    SpreadsheetError,
    UnknownSheet,
    UnreadableFile,
)
from crm.exchange.spreadsheet.marks import WATERMARK, is_watermark, neutralised, restored
from crm.exchange.spreadsheet.table import Table, open_table
from crm.exchange.spreadsheet.writing import write_csv, write_xlsx
from crm.exchange.spreadsheet.xlsx_sheet import CellError

__all__ = [
    "ENCODINGS",
    "SEPARATORS",
    "WATERMARK",
    "BadRow",
    "CellError",
    "LimitExceeded",
    "Limits",
    "SpreadsheetError",
    "Table",
    "UnknownSheet",
    "UnreadableFile",
    "fits",
    "is_watermark",
    "neutralised",
    "open_table",
    "restored",
    "write_csv",
    "write_xlsx",
]
