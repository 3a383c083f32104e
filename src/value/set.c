/* SPDX-License-Identifier: BSD-2-Clause */
#include "value/set.h"
