"""File names for the drawn photos, as bad as those that real data sets come with."""

import unicodedata

import numpy as np

_LONG = (
    "kolkata-india-09th-dec-2018-people-wear-pollution-mask-during-an-awareness-campaign-for-right-to-breath-"
    "against-air-pollution-credit-saikat-paulpacific-pressalamy-live-news-R7H3A"
)
_CAFE = "Marché-du-café-à-Zürich.jpg"
# Names and the form in which the photo so called is saved; a small sample takes the first of them.
NASTY = (
    (f"{_LONG}P.jpg", "jpeg"),
    (f"{_LONG}F.jpg", "jpeg"),  # the same 183 characters but for the last letter
    ("-1x-1 (2) & friends = safe + @home.jpg", "jpeg"),
    ("screenshot saved as.jpg", "alpha"),  # a PNG called .jpg
    (unicodedata.normalize("NFC", _CAFE), "jpeg"),
    (unicodedata.normalize("NFD", _CAFE), "jpeg"),  # looks the same; differs in the form of its accents
    ("IMG_0042.JPG", "exif"),
    ("img_0042.jpg", "gray"),  # differs in case alone: the same file on Windows and macOS
    ("口罩 マスク 🙂 (1).jpg", "jpeg"),
    ("queue, Monday morning.jpg", "jpeg"),  # a comma, in a CSV
    ('the "new normal".jpeg', "jpeg"),  # quotes, in a CSV
    ("CON.jpg", "jpeg"),  # a device on Windows, whatever follows the dot
    ("#3?w=1024&h=768.jpg", "jpeg"),
    (".hidden 100%.jpg", "jpeg"),
    ("0012020.jpg", "jpeg"),  # digits: not the number 12020
    ("~temp*copy|of:photo<1>.jpg", "jpeg"),
    ("1224331650.g_400-w_g", "jpeg"),  # no extension that says what it is
    ("Straße e\u0323\u0301 .png", "png"),  # a blank before the dot, two accents on one letter
)
_SUBJECTS = ("travellers", "commuters", "students", "nurses", "shoppers", "market", "station", "airport", "school")
_PLACES = ("taipei", "wuhan", "delhi", "milano", "são-paulo", "seoul", "jakarta", "台北", "new york", "münchen")


def photo_names(count: int, rng: np.random.Generator) -> list[tuple[str, str]]:
    """``count`` different names, each with the form to save its photo in; the nastiest come first."""
    names = list(NASTY[:count])
    for number in range(len(names), count):
        subject, place = rng.choice(_SUBJECTS), rng.choice(_PLACES)
        form = str(rng.choice(["jpeg", "gray", "png"], p=[0.97, 0.015, 0.015]))
        names.append((f"{subject}-in-{place}-{number}.jpg", form))
    return names
