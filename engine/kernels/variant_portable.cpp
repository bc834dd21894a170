// SPDX-License-Identifier: MIT
// For any processor: packing only, LibTorch computes.
#define KERNEL_VARIANT portable
#include "kernels/packing_variant.h"
