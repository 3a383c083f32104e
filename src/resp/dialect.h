/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef RESP_DIALECT_H
#define RESP_DIALECT_H

/*
 * What a connection speaks at the moment.  request.c knows how each asks,
 * reply.c how each is answered; commands look at it only where the article
 * and Redis mean different things by the same words.
 */
enum dialect {
	DIALECT_ARTICLE,	/* the article's, typed both ways */
	DIALECT_RESP2,		/* Redis */
	DIALECT_RESP3,		/* Redis after HELLO 3, typed both ways */
};

#endif
