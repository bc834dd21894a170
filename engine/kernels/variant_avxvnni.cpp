// SPDX-License-Identifier: MIT
#define KERNEL_VARIANT avxvnni
#include "kernels/lanes_avx2.h"
// Defines the kernels over Lanes, so it comes after.
#include "kernels/variant.h"
