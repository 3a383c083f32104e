/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HyperLogLog: how many different elements there were, about, from 2^14
 * registers that hold the highest rank seen among the elements that fall to
 * each (Flajolet, Fusy, Gandouet, Meunier: HyperLogLog, AofA 2007; 64-bit
 * hashes: Heule, Nunkesser, Hall: HyperLogLog in Practice, EDBT 2013).
 *
 * It is a byte string, laid out to the bit as Redis does, so that GET and SET
 * carry it from one server to the other:
 *
 *	"HYLL"  encoding (0 dense, 1 sparse)  3 bytes of 0
 *	8 bytes, little endian: the last count; the top bit: it is out of date
 *	dense: 2^14 registers of 6 bits, lowest bits first
 *	sparse: runs of registers,
 *		00nnnnnn            n + 1 registers of 0
 *		01nnnnnn nnnnnnnn   the same with more of them
 *		1vvvvvnn            n + 1 registers of v + 1
 */
#ifndef VALUE_HLL_H
#define VALUE_HLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

enum { HLL_REGISTERS = 1 << 14 };

/* Where an element falls, and what it has its register be at least. */
struct hll_mark {
	unsigned	index;
	uint8_t		rank;
};
struct hll_mark	hll_mark(struct bytes element);

/* Make the buffer an empty one, sparse. */
void	hll_start(struct buf *);
/* Whether the bytes begin like one; sparse registers may yet be corrupt. */
bool	hll_begins(struct bytes);
bool	hll_is_dense(struct bytes);
/* Whether a dense one has that register lower than the mark says. */
bool	hll_is_below(struct bytes, struct hll_mark);
/* Raise a register of a dense one. */
void	hll_put(char *data, struct hll_mark);
/*
 * Raise a register if it is lower; one that is sparse becomes dense when it
 * would grow longer than so many bytes.  1: raised, 0: not, -1: corrupt.
 */
int	hll_raise(struct buf *, struct hll_mark, size_t longest_sparse);
/* Make it dense; false: corrupt. */
bool	hll_make_dense(struct buf *);
/* Raise registers, one a byte, to those of the string; false: corrupt. */
bool	hll_merge(uint8_t registers[HLL_REGISTERS], struct bytes);
/* About how many elements such registers have seen. */
uint64_t hll_count(const uint8_t registers[HLL_REGISTERS]);

/* The last count, if it still holds. */
bool	hll_last_count(struct bytes, uint64_t *count);
void	hll_set_last_count(char *data, uint64_t count);
/* It does not hold any more. */
void	hll_forget_count(char *data);

#endif
