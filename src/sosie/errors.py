"""Every exception that Sosie raises on purpose.

    SosieError
    ├── UsageError                 what was asked for cannot be: k = 0, a crop outside the picture
    │   ├── FilterError            a ``where`` that cannot be read, or names what is not there
    │   └── SourceError            a catalogue, or a row of it, that cannot be read
    ├── ImageError                 one picture that cannot be used
    │   ├── UnsupportedImage       not a picture, or a format that nothing here reads
    │   ├── CorruptImage           a picture whose data is broken or cut off
    │   ├── ImageTooLarge          more pixels or bytes than the limit allows
    │   ├── ImageNotFound          the file that should hold it is missing or unreadable
    │   └── ImageNotFetched        the URL that should hold it gave no picture
    ├── EmbedderError
    │   ├── UnknownEmbedder        no embedder has that name
    │   ├── EmbedderUnavailable    its weights or its runtime are missing
    │   └── EmbedderMismatch       the store was filled by another embedder
    ├── ClusterError               the Ray cluster that shares the work cannot be used, or lost its workers
    └── StoreError
        ├── StoreNotFound          nothing is at that address
        ├── StoreVersionError      written by another version of the format
        ├── StoreLocked            another writer is at work and did not finish in time
        ├── StoreDamaged           what is there cannot be read
        ├── StoreUnavailable       it cannot be written or reached: full disk, no server
        │   └── StoreReadOnly      it may only be read: a read-only folder
        ├── ManifestConflict       somebody else changed the manifest first
        ├── UpdateConflict         somebody else changed the attributes first
        └── ItemNotFound           no item has that id

A message says what was asked, what was expected, and what to do about it.
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
    """The call itself is wrong: a value out of range, or two options that exclude each other.

    >>> sosie.SearchOptions(k=0)
    Traceback (most recent call last):
        ...
    sosie.errors.UsageError: k = 0 was asked for; expected a whole number from 1 to 1000
    """


class FilterError(UsageError):
    """A ``where`` that cannot be read, or that names an attribute or an operator that is not there.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     catalog.count("brnd=Acme")
    Traceback (most recent call last):
        ...
    sosie.errors.FilterError: unknown attribute 'brnd'; did you mean 'brand'?
    """


class SourceError(UsageError):
    """A catalogue, or one row of it, that cannot be read as what it was said to be.

    >>> sosie.open("new.sosie").index("no such folder/")
    Traceback (most recent call last):
        ...
    sosie.errors.SourceError: ...
    """


class ImageError(SosieError):
    """One picture that cannot be used. At indexing it becomes a ``Rejection``, at a query it is raised.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     answers = list(catalog.search_many(["photo.jpg", b"no picture"]))
    >>> [isinstance(answer, sosie.ImageError) for answer in answers]
    [False, True]
    """


class UnsupportedImage(ImageError):
    """The bytes are no picture, or one in a format that no installed decoder reads."""


class CorruptImage(ImageError):
    """The bytes begin like a picture but are broken or end too early."""


class ImageTooLarge(ImageError):
    """The picture has more pixels or bytes than the limit allows; refused before it was decoded."""


class ImageNotFound(ImageError):
    """The file that should hold the picture is missing, is a folder, or may not be read."""


class ImageNotFetched(ImageError):
    """The URL that should hold the picture gave none. ``reason`` is a word of ``sosie.images.fetch.reasons``."""

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
    """No embedder is registered under that name."""


class EmbedderUnavailable(EmbedderError):
    """The embedder is known, but its weights, its settings or its runtime are missing or unusable."""


class EmbedderMismatch(EmbedderError):
    """The store holds vectors of an embedder with another fingerprint."""


class ClusterError(SosieError):
    """The Ray cluster cannot be reached, its machines differ, or it lost a worker too often."""


class StoreError(SosieError):
    """A store cannot be opened, read or written.

    >>> issubclass(sosie.StoreNotFound, sosie.StoreError), issubclass(sosie.ItemNotFound, sosie.StoreError)
    (True, True)
    """


class StoreNotFound(StoreError):
    """Nothing is at that address.

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
    """Another writer holds the store and did not let go in time."""


class StoreDamaged(StoreError):
    """The store is there but what it holds cannot be read."""


class StoreUnavailable(StoreError):
    """The store cannot be written or reached: a full disk, a server that is down."""


class StoreReadOnly(StoreUnavailable):
    """The store may only be read: its folder or its files cannot be written."""


class ManifestConflict(StoreError):
    """The manifest is no longer the one that was to be replaced: read it again and repeat."""


class UpdateConflict(StoreError):
    """The attributes are no longer those that were to be replaced: read them again and repeat."""


class ItemNotFound(StoreError):
    """No item of the store has that id.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     catalog.get("none")
    Traceback (most recent call last):
        ...
    sosie.errors.ItemNotFound: the catalogue has no item 'none'; take an item_id from an answer
    """
