// SPDX-License-Identifier: MIT
#define KERNEL_VARIANT avx512
#include "kernels/packing_variant.h"
