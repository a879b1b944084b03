"""CSV read: every encoding and separator, and files that are broken or meant to hurt."""

import io
import itertools
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.exchange.spreadsheet import (
    BadRow,
    LimitExceeded,
    Limits,
    SpreadsheetError,
    UnreadableFile,
    open_table,
)
from tests.kernel.workbooks import made_csv, read, values_of

TEXT = "客户名称,电话,备注\n甲公司,13800138000,\n乙公司,,好\n"
ROWS = [("甲公司", "13800138000", None), ("乙公司", None, "好")]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_encoding_and_separator(encoding: str, separator: str) -> None:
    table = open_table(made_csv(TEXT.replace(",", separator), encoding))
    assert values_of(table) == ROWS
    assert table.separator == separator
    assert table.headings == ("客户名称", "电话", "备注")


@pytest.mark.filterwarnings("error")
def test_reading_may_stop_before_or_after_the_file_is_closed() -> None:
    for closes_first in (False, True):
        file = made_csv(TEXT)
        rows = open_table(file).rows()
        next(rows)
        if closes_first:
            file.close()
        rows.close()
        assert file.closed is closes_first


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end(end: str) -> None:
    assert read(made_csv(TEXT.replace("\n", end))) == ROWS


def test_utf16_with_its_mark_in_both_orders() -> None:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        assert read(io.BytesIO(mark + TEXT.encode(encoding))) == ROWS


def test_chinese_far_behind_the_beginning_is_still_found() -> None:
    text = "name,note\n" + "a,b\n" * 40_000 + "甲,乙\n"
    assert open_table(made_csv(text, "gbk")).encoding == "gb18030"
    assert values_of(open_table(made_csv(text, "gbk")))[-1] == ("甲", "乙")


def test_a_single_column_and_a_told_separator() -> None:
    assert read(made_csv("名称\n甲\n乙\n")) == [("甲",), ("乙",)]
    assert read(made_csv("sep=;\n名称;备注\n甲,一;乙\n")) == [("甲,一", "乙")]


def test_separators_inside_quotes_do_not_count() -> None:
    text = '名称;备注\n"甲,一,二,三";a\n"乙,一,二,三";b\n"丙,一,二,三";c\n'
    assert read(made_csv(text))[0] == ("甲,一,二,三", "a")


def test_quotes_line_ends_and_row_numbers() -> None:
    text = '名称,备注\n甲,"第一行\n第二行"\n\n,\n乙,"他说""好"""\n3" 管,x\n'
    assert list(open_table(made_csv(text)).rows()) == [
        (2, ("甲", "第一行\n第二行")),
        (5, ("乙", '他说"好"')),
        (6, ('3" 管', "x")),
    ]


def test_title_rows_above_the_headings() -> None:
    text = "客户表,,\n制表:张伟,,\n名称,电话,城市\n甲,1,上海\n"
    table = open_table(made_csv(text))
    assert table.headings == ("名称", "电话", "城市")
    assert list(table.rows()) == [(4, ("甲", "1", "上海"))]


def test_rows_can_be_read_again_and_from_a_place() -> None:
    table = open_table(made_csv(TEXT))
    assert values_of(table) == values_of(table) == ROWS
    assert list(table.rows(after=2)) == [(3, ROWS[1])]


@pytest.mark.parametrize("place", [0, 1, 500, 999])
def test_security_76_a_quote_never_closed_costs_its_row_only(place: int) -> None:
    """Whether the file ends soon or only after more than any field may hold."""
    for length in (4, 400):
        lines = [f"客户{number},{'x' * length}\n" for number in range(1000)]
        lines[place] = f'"客户{place},x\n'
        table = open_table(made_csv("名称,备注\n" + "".join(lines)))
        rows = list(table.rows())
        assert [number for number, _values in rows] == list(range(2, 1002))
        bad = [values for _number, values in rows if isinstance(values, BadRow)]
        assert len(bad) == 1
        assert "never closed" in bad[0].reason
        assert bad[0][0] == f'"客户{place},x'


def test_a_nul_is_an_error_of_its_row() -> None:
    rows = list(open_table(made_csv("名称,备注\n甲\x00,1\n乙,2\n" + "丙,3\n" * 30)).rows())
    assert isinstance(rows[0][1], BadRow)
    assert "NUL" in rows[0][1].reason
    assert rows[0][1] == ("甲", "1")
    assert rows[1] == (3, ("乙", "2"))


def test_security_76_too_many_columns_are_an_error_of_their_row() -> None:
    text = "名称,备注\n甲,1" + ",x" * 100_000 + "\n乙,2\n丙,3" + "," * 100_000 + "\n"
    rows = list(open_table(made_csv(text)).rows())
    assert isinstance(rows[0][1], BadRow)
    assert "more than 500 columns" in rows[0][1].reason
    assert [values for _number, values in rows[1:]] == [("乙", "2"), ("丙", "3")]


def test_too_many_headings_are_an_error_of_the_file() -> None:
    with pytest.raises(SpreadsheetError, match="columns"):
        open_table(made_csv(",".join(f"h{place}" for place in range(100_000)) + "\n1\n"))


def test_a_cell_too_long_is_an_error_of_its_row() -> None:
    text = f"名称,备注\n甲,{'x' * 40_000}\n乙,{'y' * 1_000_500}\n丙,3\n"
    rows = list(open_table(made_csv(text)).rows())
    assert [isinstance(values, BadRow) for _number, values in rows] == [True, True, False]
    assert "32767 characters" in rows[0][1].reason
    assert "1000000 characters" in rows[1][1].reason
    assert rows[2] == (4, ("丙", "3"))
    assert max(len(str(value)) for _number, values in rows for value in values) <= 200


class _Endless(io.RawIOBase):
    """A file of one line, as long as it says, that is never in memory."""

    def __init__(self, size: int, piece: bytes) -> None:
        self._size, self._piece, self._at = size, piece, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset if whence == 0 else self._size + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        size = min(size if size >= 0 else 1 << 20, self._size - self._at, 1 << 20)
        self._at += size
        return (self._piece * (size // len(self._piece) + 1))[:size]

    read1 = read


@pytest.mark.parametrize("piece", [b"x", b",", b'"', b'"a\n', b"x,\n"])
def test_security_76_a_huge_file_of_one_kind_takes_no_memory(piece: bytes) -> None:
    """96 MB here; the 2 GB of the real thing only ask for longer."""
    file = _Endless(96 << 20, piece)
    tracemalloc.start()
    try:
        table = open_table(file, "", Limits(bytes=1 << 30, rows=1000))
        for _row in itertools.islice(table.rows(), 2000):
            pass
    except SpreadsheetError:
        pass
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 << 20


def test_empty_rows_without_end_are_limited_too() -> None:
    with pytest.raises(LimitExceeded, match="rows"):
        open_table(_Endless(2 << 20, b"\n"))


def test_the_size_of_the_file_is_limited_before_it_is_read() -> None:
    with pytest.raises(LimitExceeded, match="limit: bytes") as caught:
        open_table(_Endless(2 << 30, b"x"))
    assert caught.value.limit == "bytes"


def test_rows_are_counted_while_they_are_read() -> None:
    rows = open_table(made_csv("名称\n" + "甲\n" * 20), "", Limits(rows=10)).rows()
    assert len(list(itertools.islice(rows, 10))) == 10
    with pytest.raises(LimitExceeded, match="more than 10 rows"):
        next(rows)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"\n\n,,\n", "empty"),
        (b" ,\n", "no headings"),
        (b"%PDF-1.7", "not a table"),
        (b"\x89PNG\r\n", "not a table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old Excel file"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            + b"\0" * 600
            + "EncryptedPackage".encode("utf-16-le"),
            "password",
        ),
        (b"<html><table><tr><td>1", "web page"),
        (b"\xef\xbb\xbf <?xml version='1.0'?><Workbook>", "web page"),
        (bytes(range(256)) * 20, "not a table|no known encoding"),
        ("客户,电话\n甲,1\n".encode() * 50 + b"\xff\xfe\xfd", "no known encoding"),
    ],
)
def test_other_files_are_named(content: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableFile, match=sentence):
        open_table(io.BytesIO(content), "x.csv")


def test_a_wrong_encoding_that_was_chosen_is_named() -> None:
    for encoding in ("utf-8", "no-such", "base64"):
        with pytest.raises(UnreadableFile, match=encoding):
            open_table(made_csv(TEXT, "gbk"), encoding=encoding)


def test_an_encoding_can_be_chosen() -> None:
    text = "客戶名稱,電話\n臺灣電腦,1\n"
    assert read(made_csv(text, "big5"), encoding="big5") == [("臺灣電腦", "1")]


def test_a_text_file_under_the_name_of_a_workbook_is_read() -> None:
    """Many systems write text with tabs and call it .xls."""
    assert read(made_csv(TEXT.replace(",", "\t"), "gbk"), name="客户.xls") == ROWS


@given(st.binary(max_size=300))
def test_any_bytes_give_rows_or_the_one_error(content: bytes) -> None:
    try:
        list(open_table(io.BytesIO(content)).rows())
    except SpreadsheetError:
        return


@given(st.text(alphabet="\",\n\r甲\x00;\t'= x", max_size=80))
def test_any_text_of_signs_gives_rows_or_the_one_error(text: str) -> None:
    try:
        list(open_table(made_csv(text)).rows())
    except SpreadsheetError:
        return
