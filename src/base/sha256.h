/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include "base/bytes.h"

/* 64 digits and a NUL. */
enum { SHA256_TEXT = 65 };

/* SHA-256 (FIPS 180-4) of the bytes, in hexadecimals. */
void	sha256_text(struct bytes, char out[SHA256_TEXT]);

#endif
