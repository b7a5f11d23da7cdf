"""Says a checksum, and that it was computed by the extension in C."""

import crcmod
import crcmod._crcfunext

print(hex(crcmod.mkCrcFun(0x104C11DB7)(b"hello")))
