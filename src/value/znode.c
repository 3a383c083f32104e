/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A B+tree (Comer, "The ubiquitous B-tree", Computing Surveys 11(2), 1979)
 * that counts what is below each child (Knuth, "The Art of Computer
 * Programming" 3, 6.2.3, does so for balanced trees).  A full node is cut in
 * half, or behind its last child if a new one comes there, so that what grows
 * in order fills its nodes.  A node is joined with its neighbour only when it
 * is a quarter full: a tree that shrinks and grows in turns keeps its nodes.
 */
#include "value/znode.h"

#include <string.h>

#include "base/mem.h"

static struct znode *
node_of(struct zchild *c)
{
	return ((struct znode *)c);
}

static struct zleaf *
leaf_of(struct zchild *c)
{
	return ((struct zleaf *)c);
}

static size_t
sum(const size_t counts[], unsigned n)
{
	size_t total = 0;
	unsigned i;

	for (i = 0; i < n; i++)
		total += counts[i];
	return (total);
}

static unsigned
place_of(const struct zchild *c)
{
	unsigned i;

	for (i = 0; c->parent->children[i] != c; i++)
		;
	return (i);
}

unsigned
znode_place(const struct zleaf *leaf)
{
	return (place_of(&leaf->child));
}

struct zleaf *
znode_beside(const struct zleaf *leaf, int places)
{
	const struct znode *parent = leaf->child.parent;
	int i = (int)znode_place(leaf) + places;

	return (i >= 0 && i < parent->n ? leaf_of(parent->children[i]) : NULL);
}

/*
 * Tell the ancestors of what has changed, which holds that many members, the
 * first with that score.  They know of what else they hold already.
 */
static void
tell(const struct zchild *c, size_t count, double score)
{
	struct znode *parent = c->parent;
	size_t more;
	unsigned i;

	if (parent == NULL)
		return;
	i = place_of(c);
	more = count - parent->counts[i];
	parent->scores[i] = score;
	parent->counts[i] += more;
	while ((more != 0 || i == 0) && parent->child.parent != NULL) {
		c = &parent->child;
		score = parent->scores[0];
		parent = c->parent;
		i = place_of(c);
		parent->scores[i] = score;
		parent->counts[i] += more;
	}
}

/* What the ancestors of a node know of it. */
static void
refresh(const struct znode *node)
{
	tell(&node->child, sum(node->counts, node->n), node->scores[0]);
}

void
znode_refresh(struct zleaf *leaf)
{
	tell(&leaf->child, leaf->pack.count, leaf->pack.count != 0 ?
	    zpack_record(&leaf->pack, 0).score : 0);
}

struct znode *
znode_new(void)
{
	struct znode *node = mem_zalloc(sizeof(*node));

	node->bottom = true;
	return (node);
}

struct znode *
znode_copy(const struct znode *node,
    struct zleaf *(*copy_leaf)(const struct zleaf *, void *), void *arg)
{
	struct znode *copy = mem_alloc(sizeof(*copy));
	unsigned i;

	*copy = *node;
	copy->child.parent = NULL;
	for (i = 0; i < node->n; i++) {
		copy->children[i] = node->bottom ?
		    &copy_leaf(leaf_of(node->children[i]), arg)->child :
		    &znode_copy(node_of(node->children[i]), copy_leaf,
		    arg)->child;
		copy->children[i]->parent = copy;
	}
	return (copy);
}

void
znode_free(struct znode *node)
{
	unsigned i;

	for (i = 0; i < node->n; i++) {
		if (node->bottom)
			mem_free(leaf_of(node->children[i]));
		else
			znode_free(node_of(node->children[i]));
	}
	mem_free(node);
}

size_t
znode_size(const struct znode *node)
{
	size_t bytes = sizeof(*node);
	unsigned i;

	for (i = 0; i < node->n && !node->bottom; i++)
		bytes += znode_size(node_of(node->children[i]));
	return (bytes);
}

/* Make room for, or close the gap of, n children at i. */
static void
shift(struct znode *node, unsigned from, unsigned to)
{
	unsigned n = node->n - from;

	memmove(&node->counts[to], &node->counts[from],
	    n * sizeof(node->counts[0]));
	memmove(&node->scores[to], &node->scores[from],
	    n * sizeof(node->scores[0]));
	memmove(&node->children[to], &node->children[from],
	    n * sizeof(node->children[0]));
	node->n = (uint16_t)(to + n);
}

/* Move n children to another node. */
static void
move(struct znode *to, unsigned at, struct znode *from, unsigned i, unsigned n)
{
	unsigned j;

	shift(to, at, at + n);
	memcpy(&to->counts[at], &from->counts[i], n * sizeof(to->counts[0]));
	memcpy(&to->scores[at], &from->scores[i], n * sizeof(to->scores[0]));
	for (j = 0; j < n; j++) {
		to->children[at + j] = from->children[i + j];
		to->children[at + j]->parent = to;
	}
	shift(from, i + n, i);
}

static void	insert(struct znode **root, struct znode *, unsigned i,
		    struct zchild *);

/* Cut a node in two; returns the right one. */
static struct znode *
split(struct znode **root, struct znode *node, unsigned cut)
{
	struct znode *right = znode_new(), *top;

	if (node == *root) {
		top = znode_new();
		top->bottom = false;
		insert(root, top, 0, &node->child);
		*root = top;
	}
	right->bottom = node->bottom;
	move(right, 0, node, cut, node->n - cut);
	insert(root, node->child.parent, place_of(&node->child) + 1,
	    &right->child);
	refresh(node);
	refresh(right);
	return (right);
}

/* Whoever calls this refreshes the child afterwards. */
static void
insert(struct znode **root, struct znode *node, unsigned i,
    struct zchild *child)
{
	struct znode *right;
	unsigned cut;

	if (node->n == ZNODE_CHILDREN) {
		cut = i == node->n ? i : ZNODE_CHILDREN / 2;
		right = split(root, node, cut);
		if (i > cut || right->n == 0) {
			node = right;
			i -= cut;
		}
	}
	shift(node, i, i + 1);
	node->counts[i] = 0;
	node->scores[i] = 0;
	node->children[i] = child;
	child->parent = node;
}

void
znode_insert(struct znode **root, struct znode *node, unsigned i,
    struct zleaf *leaf)
{
	insert(root, node, i, &leaf->child);
	znode_refresh(leaf);
}

/* Move the children of a node that has few to a neighbour that has room. */
static void
join(struct znode *node)
{
	struct znode *parent = node->child.parent, *to = NULL;
	unsigned i = place_of(&node->child), most = ZNODE_CHILDREN * 3 / 4;

	if (i > 0 && node_of(parent->children[i - 1])->n + node->n <= most) {
		to = node_of(parent->children[i - 1]);
		move(to, to->n, node, 0, node->n);
	} else if (i + 1U < parent->n &&
	    node_of(parent->children[i + 1])->n + node->n <= most) {
		to = node_of(parent->children[i + 1]);
		move(to, 0, node, 0, node->n);
	}
	if (to != NULL)
		refresh(to);
}

static void
take_out(struct znode **root, struct zchild *child)
{
	struct znode *node = child->parent;
	unsigned i = place_of(child);

	shift(node, i + 1, i);
	child->parent = NULL;
	if (node == *root)
		return;
	if (node->n != 0 && node->n < ZNODE_CHILDREN / 4)
		join(node);
	if (node->n != 0) {
		refresh(node);
	} else {
		take_out(root, &node->child);
		mem_free(node);
	}
}

void
znode_remove(struct znode **root, struct zleaf *leaf)
{
	struct znode *old;

	take_out(root, &leaf->child);
	while (!(*root)->bottom && (*root)->n <= 1) {
		old = *root;
		*root = old->n == 1 ? node_of(old->children[0]) : znode_new();
		(*root)->child.parent = NULL;
		mem_free(old);
	}
}

static struct zrecord
first_record(const struct znode *node, unsigned i)
{
	struct zchild *c = node->children[i];

	for (; !node->bottom; c = node->children[0])
		node = node_of(c);
	return (zpack_record(&leaf_of(c)->pack, 0));
}

/* Whether child i begins before the bound. */
static bool
begins_before(const struct znode *node, unsigned i, const struct zbound *b)
{
	double score = node->scores[i];

	if (score < b->score || score > b->score)
		return (score < b->score);
	return (zpack_before(b, score, b->member != NULL ?
	    first_record(node, i).member : bytes_make(NULL, 0)));
}

struct zleaf *
znode_seek(const struct znode *node, const struct zbound *b, size_t *rank)
{
	unsigned low, high, middle;

	for (;; node = node_of(node->children[low])) {
		/* Child low begins before the bound, or is the first. */
		for (low = 0, high = node->n; high - low > 1; ) {
			middle = (low + high) / 2;
			if (begins_before(node, middle, b))
				low = middle;
			else
				high = middle;
		}
		*rank += sum(node->counts, low);
		if (node->bottom)
			return (leaf_of(node->children[low]));
	}
}

struct zleaf *
znode_at(const struct znode *node, size_t *rank)
{
	unsigned i;

	for (;; node = node_of(node->children[i])) {
		for (i = 0; i + 1U < node->n && *rank >= node->counts[i]; i++)
			*rank -= node->counts[i];
		if (node->bottom)
			return (leaf_of(node->children[i]));
	}
}

size_t
znode_rank(const struct zleaf *leaf)
{
	const struct zchild *c = &leaf->child;
	size_t rank = 0;

	for (; c->parent != NULL; c = &c->parent->child)
		rank += sum(c->parent->counts, place_of(c));
	return (rank);
}
