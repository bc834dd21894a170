// SPDX-License-Identifier: MIT
// The arithmetic behind the check digits of shipment numbers.  Arguments hold digits only unless said otherwise.
#pragma once

#include <string_view>

namespace live_labels {

/// GS1 and most carriers: weights 3, 1, 3, ... from the right, the sum completed to a multiple of ten.
/// @param digits without the check digit
int gs1_check_digit(std::string_view digits);

/// UPU S10: weights 8 6 4 2 3 5 9 7 and modulo 11.
/// @param digits eight of them
int s10_check_digit(std::string_view digits);

/// UPS: weights 1, 2, 1, ... on the 15 letters and digits behind "1Z", the sum completed to a multiple of ten; a letter
/// counts as (ASCII - 3) modulo 10.
int ups_check_digit(std::string_view body);

/// FedEx Express: the weights again and again, modulo 11, then modulo 10.
/// @param weights 317 for the 11 digits of a 12-digit number, 173 for the last 13 of a 34-digit one, as a string
int fedex_express_check_digit(std::string_view digits, std::string_view weights);

/// The number modulo 7, as DHL Express has it.
int modulo_7(std::string_view digits);

/// ISO 7064 MOD 37,36 as DPD has it.
/// @param body digits and capital letters
char iso_7064_37_36_check_character(std::string_view body);

}  // namespace live_labels
