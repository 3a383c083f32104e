/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stdint.h>

#include "base/bytes.h"

/*
 * CRC-32C (Castagnoli; RFC 3720, appendix B.4) of the bytes, going on from the
 * crc of what stands before them, 0 at first.
 */
uint32_t	crc32c(uint32_t crc, struct bytes);
/* The same without the processor's help. */
uint32_t	crc32c_plain(uint32_t crc, struct bytes);

#endif
