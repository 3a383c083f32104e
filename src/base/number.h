/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers as text, strictly: the whole of the bytes is the number or it is
 * none.  No locale, no leading blanks, no silent wrap.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

/* Room for any result of the two functions below, with its NUL. */
enum { NUMBER_SIZE = 32 };

/* "-?digits" without leading zeros and without "-0", as Redis wants it. */
bool	number_parse(struct bytes text, int64_t *out);
/* Write value in decimal and a NUL to out; return how many digits and sign. */
size_t	number_format(char out[NUMBER_SIZE], int64_t value);
/*
 * As strtod(3) takes it, without blanks before and without "nan(...)".  One that
 * is too large or too small for a double sets errno to ERANGE.
 */
bool	number_parse_double(struct bytes text, double *out);
/* The same without hexadecimals. */
bool	number_parse_decimal(struct bytes text, double *out);
/* The shortest text that reads back as value; length without the NUL. */
size_t	number_format_double(char out[NUMBER_SIZE], double value);
/* As strtold(3) takes it, without blanks before; neither NaN nor underflow. */
bool	number_parse_long_double(struct bytes text, long double *out);
/* Add value with up to 17 decimals and no exponent, as INCRBYFLOAT shows it. */
void	number_add_long_double(struct buf *, long double value);
/* Bytes with an optional b, k, kb, m, mb, g, gb as in redis.conf. */
bool	number_parse_size(struct bytes text, int64_t *out);

#endif
