"""Letters of three by five dots, so that pictures need no font."""

import numpy as np

_SCALE = 2
GLYPH_WIDTH, GLYPH_HEIGHT = 3 * _SCALE, 5 * _SCALE
"""[pixels]"""

# Five rows, top first, each three dots as an octal digit, left first.
_DOTS = {
    "A": "25755", "B": "65656", "C": "34443", "D": "65556", "E": "74647", "F": "74644", "G": "34553",
    "H": "55755", "I": "72227", "J": "11152", "K": "55655", "L": "44447", "M": "57755", "N": "65555",
    "O": "25552", "P": "65644", "Q": "25573", "R": "65655", "S": "34216", "T": "72222", "U": "55557",
    "V": "55552", "W": "55775", "X": "55255", "Y": "55222", "Z": "71247",
    "0": "75557", "1": "26227", "2": "61247", "3": "61216", "4": "55711", "5": "74616", "6": "34757",
    "7": "71222", "8": "75757", "9": "75716",
    ".": "00002", "-": "00700", "_": "00007", "/": "11244", ":": "02020", "(": "24442", ")": "21112",
    "|": "22222", "+": "02720", "%": "51245", "'": "22000", " ": "00000",
}  # fmt: skip


def draw_text(picture: np.ndarray, x: int, y: int, text: str, colour: np.ndarray) -> None:
    """Writes `text` with its upper left corner at (x, y), cut at the border; unknown characters as spaces."""
    for character in text.upper():
        if x + GLYPH_WIDTH > picture.shape[1]:
            return
        rows = [[int(digit) >> shift & 1 for shift in (2, 1, 0)] for digit in _DOTS.get(character, _DOTS[" "])]
        dots = np.kron(np.array(rows), np.ones((_SCALE, _SCALE), int)).astype(bool)
        picture[y : y + GLYPH_HEIGHT, x : x + GLYPH_WIDTH][dots] = colour
        x += GLYPH_WIDTH + _SCALE
