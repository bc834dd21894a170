// SPDX-License-Identifier: MIT
#include "check_digits.h"

#include <cstddef>

#include "characters.h"

namespace live_labels {
namespace {

int digit(char c) {
  return c - '0';
}

int complete_to_ten(int sum) {
  return (10 - sum % 10) % 10;
}

}  // namespace

int gs1_check_digit(std::string_view digits) {
  int sum = 0;
  int weight = 3;
  for (size_t i = digits.size(); i > 0; --i) {
    sum += weight * digit(digits[i - 1]);
    weight = 4 - weight;
  }
  return complete_to_ten(sum);
}

int s10_check_digit(std::string_view digits) {
  constexpr int kWeights[] = {8, 6, 4, 2, 3, 5, 9, 7};
  int sum = 0;
  for (size_t i = 0; i < 8; ++i) sum += kWeights[i] * digit(digits[i]);
  const int check = 11 - sum % 11;
  if (check == 10) return 0;
  return check == 11 ? 5 : check;
}

int ups_check_digit(std::string_view body) {
  int sum = 0;
  for (size_t i = 0; i < body.size(); ++i) {
    const int value = is_digit(body[i]) ? digit(body[i]) : (body[i] - 3) % 10;
    sum += (i % 2 == 0 ? 1 : 2) * value;
  }
  return complete_to_ten(sum);
}

int fedex_express_check_digit(std::string_view digits, std::string_view weights) {
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) sum += digit(weights[i % weights.size()]) * digit(digits[i]);
  return sum % 11 % 10;
}

int modulo_7(std::string_view digits) {
  int rest = 0;
  for (const char c : digits) rest = (10 * rest + digit(c)) % 7;
  return rest;
}

char iso_7064_37_36_check_character(std::string_view body) {
  constexpr int kModulus = 36;
  int check = kModulus;
  for (const char c : body) {
    check += is_digit(c) ? digit(c) : c - 'A' + 10;
    if (check > kModulus) check -= kModulus;
    check *= 2;
    if (check > kModulus) check -= kModulus + 1;
  }
  check = (kModulus + 1 - check) % kModulus;
  return static_cast<char>(check < 10 ? '0' + check : 'A' + check - 10);
}

}  // namespace live_labels
