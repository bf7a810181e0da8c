"""Endings of picture files."""

_SUFFIXES = """
.apng .avif .avifs .bmp .cur .dcx .dds .dib .gif .heic .heics .heif .heifs .hif .icb .icns .ico .im .j2c .j2k .jfif
.jp2 .jpc .jpe .jpeg .jpf .jpg .jpx .msp .pbm .pcd .pcx .pfm .pgm .png .pnm .ppm .psd .pxr .qoi .ras .sgi .tga .tif
.tiff .vda .vst .webp .xbm .xpm
"""
_SELDOM_READ = """
.arw .cr2 .cr3 .dng .emf .eps .jxl .nef .orf .rw2 .svg .svgz .wmf
"""
SUFFIXES = frozenset((_SUFFIXES + _SELDOM_READ).split())
"""Endings, in lower case, of files that are treated as pictures.

Some are of drawings and raw photos, which cannot be read: these files are reported, not overlooked.
"""
