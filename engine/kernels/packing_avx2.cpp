// SPDX-License-Identifier: MIT
#define KERNEL_VARIANT avx2
#include "kernels/packing_variant.h"
