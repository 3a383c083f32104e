/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inner nodes of a counted B+tree, whose leaves are packs of members: each
 * node knows of each child how many members are below it, so ranks are found
 * by adding up, and the score of the first of these, so that a search seldom
 * looks into leaves on its way.  Here is nothing about what leaves are worth:
 * ztree.c decides when they are split and joined.
 */
#ifndef VALUE_ZNODE_H
#define VALUE_ZNODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value/zpack.h"

enum { ZNODE_CHILDREN = 32 };

struct znode;

/* What nodes and leaves begin with. */
struct zchild {
	struct znode	*parent;	/* NULL: the root, or not yet in a tree */
};

struct zleaf {
	struct zchild	 child;
	uint32_t	 number;
	uint32_t	 memory;	/* bytes of the allocation */
	struct zpack	 pack;		/* the rest of it */
};

struct znode {
	struct zchild	 child;
	uint16_t	 n;		/* of children; 0 in an empty root only */
	bool		 bottom;	/* they are leaves */
	size_t		 counts[ZNODE_CHILDREN];	/* members below */
	double		 scores[ZNODE_CHILDREN];	/* the first's */
	struct zchild	*children[ZNODE_CHILDREN];
};

/* A root without children. */
struct znode	*znode_new(void);
/* A copy of the nodes; copy_leaf makes the leaves. */
struct znode	*znode_copy(const struct znode *,
		    struct zleaf *(*copy_leaf)(const struct zleaf *, void *),
		    void *arg);
/* Free all nodes and, with mem_free(), leaves. */
void		 znode_free(struct znode *root);
/* Bytes that the nodes take. */
size_t		 znode_size(const struct znode *root);

/* Put a leaf in, as child i of a bottom node; the root may become another. */
void		 znode_insert(struct znode **root, struct znode *, unsigned i,
		    struct zleaf *);
/* Take a leaf out; the root may become another. */
void		 znode_remove(struct znode **root, struct zleaf *);
/* Which of its parent's children it is. */
unsigned	 znode_place(const struct zleaf *);
/* The leaf that stands so many places beside it below its parent, or NULL. */
struct zleaf	*znode_beside(const struct zleaf *, int places);
/* Tell the nodes above a leaf that its members have changed. */
void		 znode_refresh(struct zleaf *);

/*
 * The last leaf that begins before the bound, or the first leaf; how many
 * members there are before it is added to rank.  The tree is not empty.
 */
struct zleaf	*znode_seek(const struct znode *root, const struct zbound *,
		    size_t *rank);
/* The leaf of that rank, which is left as the number of the member in it. */
struct zleaf	*znode_at(const struct znode *root, size_t *rank);
/* How many members there are before the leaf. */
size_t		 znode_rank(const struct zleaf *);

#endif
