"""The genres of TMDB: ids and names in some languages, as published by TMDB."""

from typing import Final

_MOVIE: Final = {
    "Action": 28, "Adventure": 12, "Animation": 16, "Comedy": 35, "Crime": 80, "Documentary": 99, "Drama": 18,
    "Family": 10751, "Fantasy": 14, "History": 36, "Horror": 27, "Music": 10402, "Mystery": 9648,
    "Romance": 10749, "Science Fiction": 878, "TV Movie": 10770, "Thriller": 53, "War": 10752, "Western": 37,
}  # fmt: skip
_SERIES: Final = {
    "Action & Adventure": 10759, "Animation": 16, "Comedy": 35, "Crime": 80, "Documentary": 99, "Drama": 18,
    "Family": 10751, "Kids": 10762, "Mystery": 9648, "News": 10763, "Reality": 10764,
    "Sci-Fi & Fantasy": 10765, "Soap": 10766, "Talk": 10767, "War & Politics": 10768, "Western": 37,
}  # fmt: skip
GENRES: Final = {"movie": _MOVIE, "tv": _SERIES}

# In other languages, and where a name is missing, the English one is sent.
_NAMES: Final = {
    "de": {
        12: "Abenteuer", 35: "Komödie", 80: "Krimi", 99: "Dokumentarfilm", 10751: "Familie", 36: "Historie",
        10402: "Musik", 10749: "Liebesfilm", 10770: "TV-Film", 10752: "Kriegsfilm",
    },
    "fr": {
        12: "Aventure", 35: "Comédie", 99: "Documentaire", 18: "Drame", 10751: "Familial",
        14: "Fantastique", 36: "Histoire", 27: "Horreur", 10402: "Musique", 9648: "Mystère",
        878: "Science-Fiction", 10770: "Téléfilm", 10752: "Guerre",
    },
    "tr": {
        28: "Aksiyon", 12: "Macera", 16: "Animasyon", 35: "Komedi", 80: "Suç", 99: "Belgesel", 18: "Dram",
        10751: "Aile", 14: "Fantastik", 36: "Tarih", 27: "Korku", 10402: "Müzik", 9648: "Gizem",
        10749: "Romantik", 878: "Bilim-Kurgu", 10770: "TV film", 53: "Gerilim", 10752: "Savaş",
        37: "Vahşi Batı",  # noqa: RUF001 - Turkish
    },
    "ja": {
        28: "アクション", 12: "アドベンチャー", 16: "アニメーション", 35: "コメディ", 80: "犯罪",
        99: "ドキュメンタリー", 18: "ドラマ", 10751: "ファミリー", 14: "ファンタジー", 36: "履歴",
        27: "ホラー", 10402: "音楽", 9648: "謎", 10749: "ロマンス", 878: "サイエンスフィクション",
        10770: "テレビ映画", 53: "スリラー", 10752: "戦争", 37: "西洋",
    },
}  # fmt: skip


def genre_name(number: int, name: str, language: str) -> str:
    """The name of a genre in a language (`ll` or `ll-RR`)."""
    return _NAMES.get(language.partition("-")[0], {}).get(number, name)
