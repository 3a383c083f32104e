/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a struct respc_value is: a value whose children stand beside each other
 * as values of their own, so that they can be lent by pointer.  The lists and
 * dictionaries of the value room are packed and cannot.
 */
#ifndef CLIENT_NODE_H
#define CLIENT_NODE_H

#include <stddef.h>

#include "client/respc.h"
#include "value/value.h"

struct node_children;

struct respc_value {
	struct value		 value;		/* of a container only its type */
	struct node_children	*children;	/* of a container, or NULL */
};

/* Take a value of the value room. */
struct respc_value	 node_make(struct value *);
/* A container that is empty. */
struct respc_value	 node_empty(enum value_type);
/* Free what is in the node, not the node. */
void			 node_clear(struct respc_value *);

/* How many elements, members or pairs. */
size_t			 node_count(const struct respc_value *);
/*
 * Element or member i, a dictionary's key i, lent until the container changes;
 * behind a key in memory is its value.
 */
struct respc_value	*node_at(const struct respc_value *, size_t i);
/* The member, or key, that is equal; NULL if there is none. */
struct respc_value	*node_find(const struct respc_value *,
			    const struct value *key);

/* Add to an array what the item, which is left empty, holds. */
void			 node_push(struct respc_value *,
			    struct respc_value *item);
/*
 * The same to a set or a dictionary, where value is NULL or the key's; of
 * equal keys the first stays and gets the new value.
 */
void			 node_put(struct respc_value *,
			    struct respc_value *key, struct respc_value *value);

#endif
