// SPDX-License-Identifier: MIT
// For any processor.
#define KERNEL_VARIANT portable
#include "kernels/packing_variant.h"
