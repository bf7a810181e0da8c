"""Every exception that Sosie raises on purpose.

    SosieError
    ├── UsageError                 the call is invalid: k = 0, a crop outside the picture
    │   ├── FilterError            a ``where`` that cannot be parsed, or names an unknown attribute
    │   └── SourceError            a source, or a row of it, that cannot be read
    ├── ImageError                 a picture cannot be used
    │   ├── UnsupportedImage       not a picture, or in a format without a decoder
    │   ├── CorruptImage           a picture with broken or truncated data
    │   ├── ImageTooLarge          more pixels or bytes than the limit allows
    │   ├── ImageNotFound          the file is missing or unreadable
    │   └── ImageNotFetched        the URL returned no picture
    ├── EmbedderError
    │   ├── UnknownEmbedder        no embedder has that name
    │   ├── EmbedderUnavailable    its weights or its runtime are missing
    │   └── EmbedderMismatch       the store was filled by another embedder
    ├── ClusterError               the Ray cluster cannot be used, or lost its workers
    └── StoreError
        ├── StoreNotFound          there is no store at that address
        ├── StoreVersionError      written by another version of the format
        ├── StoreLocked            another writer did not finish in time
        ├── StoreDamaged           the store exists but cannot be read
        ├── StoreUnavailable       the store cannot be written or reached: full disk, no server
        │   └── StoreReadOnly      the store is read-only: a read-only folder
        ├── ManifestConflict       another process changed the manifest first
        ├── UpdateConflict         another process changed the attributes first
        └── ItemNotFound           no item has that id

A message says what was requested, what was expected, and what to do about it.
"""


class SosieError(Exception):
    """Root of everything that Sosie raises on purpose.

    >>> try:
    ...     sosie.open("nowhere.sosie").count()
    ... except sosie.SosieError as error:
    ...     print(type(error).__name__)
    StoreNotFound
    """


class UsageError(SosieError):
    """The call is invalid: a value out of range, or two options that exclude each other.

    >>> sosie.SearchOptions(k=0)
    Traceback (most recent call last):
        ...
    sosie.errors.UsageError: k is 0; expected a whole number from 1 to 1000
    """


class FilterError(UsageError):
    """A ``where`` that cannot be parsed, or that names an unknown attribute or operator.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     catalog.count("brnd=Acme")
    Traceback (most recent call last):
        ...
    sosie.errors.FilterError: unknown attribute 'brnd'; did you mean 'brand'?
    """


class SourceError(UsageError):
    """A source, or a row of it, that cannot be read in the expected format.

    >>> sosie.open("new.sosie").index("no such folder/")
    Traceback (most recent call last):
        ...
    sosie.errors.SourceError: ...
    """


class ImageError(SosieError):
    """A picture cannot be used. A query raises this error; indexing turns it into a ``Rejection``.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     answers = list(catalog.search_many(["photo.jpg", b"no picture"]))
    >>> [isinstance(answer, sosie.ImageError) for answer in answers]
    [False, True]
    """


class UnsupportedImage(ImageError):
    """The bytes are not a picture, or are in a format that no installed decoder reads."""


class CorruptImage(ImageError):
    """The bytes begin like a picture but are broken or truncated."""


class ImageTooLarge(ImageError):
    """The picture has more pixels or bytes than the limit allows. It was not decoded."""


class ImageNotFound(ImageError):
    """The picture's file is missing, is a folder, or may not be read."""


class ImageNotFetched(ImageError):
    """The URL returned no picture. ``reason`` is a word from ``sosie.images.fetch.reasons``."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class EmbedderError(SosieError):
    """An embedder cannot be found, loaded, or used with this store.

    >>> sosie.open("new.sosie", embedder="no such network").index("pictures/")
    Traceback (most recent call last):
        ...
    sosie.errors.UnknownEmbedder: ...
    """


class UnknownEmbedder(EmbedderError):
    """No embedder has this name."""


class EmbedderUnavailable(EmbedderError):
    """The embedder exists, but its weights, settings or runtime are missing or unusable."""


class EmbedderMismatch(EmbedderError):
    """The store has vectors of an embedder with another fingerprint."""


class ClusterError(SosieError):
    """The Ray cluster cannot be reached, its machines differ, or it lost a worker too often."""


class StoreError(SosieError):
    """A store cannot be opened, read or written.

    >>> issubclass(sosie.StoreNotFound, sosie.StoreError), issubclass(sosie.ItemNotFound, sosie.StoreError)
    (True, True)
    """


class StoreNotFound(StoreError):
    """There is no store at that address.

    >>> catalog = sosie.open("nowhere.sosie")
    >>> catalog.exists()
    False
    >>> catalog.count()
    Traceback (most recent call last):
        ...
    sosie.errors.StoreNotFound: ...
    """


class StoreVersionError(StoreError):
    """The store was written in a format that this version of Sosie does not read."""


class StoreLocked(StoreError):
    """Another writer holds the store's lock and did not release it in time."""


class StoreDamaged(StoreError):
    """The store exists but its data cannot be read."""


class StoreUnavailable(StoreError):
    """The store cannot be written or reached: a full disk, a server that is down."""


class StoreReadOnly(StoreUnavailable):
    """The store is read-only: its folder or its files cannot be written."""


class ManifestConflict(StoreError):
    """The manifest changed since it was read: read it again and repeat the change."""


class UpdateConflict(StoreError):
    """The attributes changed since they were read: read them again and repeat the change."""


class ItemNotFound(StoreError):
    """No item of the store has that id.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     catalog.get("none")
    Traceback (most recent call last):
        ...
    sosie.errors.ItemNotFound: the catalog has no item 'none'; `sosie items` lists the ids
    """
