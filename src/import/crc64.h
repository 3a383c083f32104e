/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checksum of Redis's files: CRC-64 of Jones's polynomial, reflected.
 */
#ifndef IMPORT_CRC64_H
#define IMPORT_CRC64_H

#include <stddef.h>
#include <stdint.h>

/* Go on from a checksum, at first 0, with length more bytes. */
uint64_t	crc64(uint64_t crc, const void *data, size_t length);

#endif
