"""Simplified Chinese texts of the product in traditional characters and the words used with them.

OpenCC turns characters and common words; what it turns wrongly for a CRM stands here by hand.
"""

import re
from functools import cache, lru_cache
from typing import Any

import opencc

# What OpenCC gives → what is written. In traditional tables a 列 is a row and a 欄 a column.
WORDS = {
    "許可權": "權限", "賬": "帳", "崗位": "職位", "型別": "類型",
    "單元格": "儲存格", "掩碼": "遮罩",
    "回收站": "回收桶", "郵箱域名": "信箱網域", "郵箱": "信箱", "域名": "網域",
    "下劃線": "底線", "導航欄": "導覽列", "導航": "導覽", "演示": "示範", "模板": "範本",
    "只讀": "唯讀", "自定義": "自訂", "二進位制": "二進位", "宣告瞭": "宣告了",
    "後臺": "背景", "臺": "台", "二維碼": "QR Code", "快捷鍵": "快速鍵", "令牌": "權杖",
    "寫程式碼": "寫程式", "退出登入": "登出", "渠道": "通路", "開戶行": "開戶銀行", "復購": "回購",
    "身份": "身分",
    "信用程式碼": "信用代碼", "程式碼": "代碼", "請求體": "請求本文", "共享": "共用",
    "計劃": "計畫", "製表符": "Tab 字元", "豎線": "直線", "區號": "區碼", "短語": "片語",
    "代理對": "代理字元", "點選": "點擊", "側欄": "側邊欄", "當前": "目前", "幹別的": "做別的",
    "文字里": "文字裡", "工作簿": "活頁簿",
    "列表": "清單", "列出": "列出", "排列": "排列", "列印": "列印", "系列": "系列",
    "這幾列": "這幾欄", "這一列": "這一欄", "一列": "一欄", "列數": "欄數", "列頭": "欄頭",
    "找列": "找欄", "選列": "選欄", "對列": "對欄", "列對": "欄對", "列按": "欄按", "列猜": "欄猜",
    "列沒": "欄沒", "這些列": "這些欄", "姓名的列": "姓名的欄", "檔案裡的列": "檔案裡的欄",
    "至少選一列": "至少選一欄",
    " 列": " 欄",
    "行高": "列高", "行數": "列數", "這一行": "這一列", "有一行": "有一列", "第一行": "第一列",
    "下一行": "下一列", "上一行": "上一列", "選中一行": "選取一列", "每行一個": "每行一個",
    "一行一個": "一行一個", "一萬行": "一萬列", "前面的行": "前面的列", "哪些行": "哪些列",
    "記錄的行": "記錄的列", "有錯的行": "有錯的列", "像已有的行": "像已有的列",
    "這樣的行": "這樣的列", "沒匯入的行": "沒匯入的列", " 行": " 列",
}  # fmt: skip
WHOLE = {"行": "列", "列": "欄"}
_KEPT = 4096


@lru_cache(maxsize=_KEPT)
def to_traditional(text: str) -> str:
    """A simplified text in traditional characters; what has none of them stays. About 0.1 ms."""
    if text.isascii() or text in WHOLE:
        return WHOLE.get(text, text)
    return _pattern().sub(lambda found: WORDS[found[0]], str(_converter().convert(text)))


@cache
def _converter() -> Any:
    return opencc.OpenCC("s2twp")


@cache
def _pattern() -> re.Pattern[str]:
    longest_first = sorted(WORDS, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)))
