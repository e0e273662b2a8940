"""Quoting what others said, a server or a library, in messages of ours."""


def one_line(text: object, most: int = 120) -> str:
    """What a server or a library said: one line of at most ``most`` characters, all of them printable."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
