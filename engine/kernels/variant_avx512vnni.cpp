// SPDX-License-Identifier: MIT
#define KERNEL_VARIANT avx512vnni
#include "kernels/lanes_avx512.h"
// Defines the kernels over Lanes, so it comes after.
#include "kernels/variant.h"
