# SPDX-License-Identifier: GPL-2.0
"""As much of C as can be told from the text of a file, for what spatch cannot parse."""
import re

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'", re.S)
# What follows the parenthesis in a declaration or definition.
PARAMETER = re.compile(r"\s*(?:const\s+)?(?:struct|unsigned|long|int|void|(?:pte|pmd|pud|p4d|pgd)_t)\b")
OPENS = re.compile(r"#\s*define\s+(\w+)|(?!(?:typedef|extern|EXPORT|DEFINE)\w*\b)"
                   r"[A-Za-z_][\w\s*]*?\b(\w+)\s*\((?!.*;\s*$)")


def owner(lines, at):
    """The function or macro that line number `at` is in, by the text."""
    start = at - 1
    while start > 0 and lines[start - 1].endswith("\\"):
        start -= 1
    while not (match := OPENS.match(lines[start])) and start > 0:
        start -= 1
        while lines[start].startswith("#") and start > 0:
            start -= 1
    return (match[1] or match[2]) if match else "-"
