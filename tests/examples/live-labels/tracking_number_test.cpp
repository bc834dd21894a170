// SPDX-License-Identifier: MIT
// Numbers are made up: a body of digits with the check digit that belongs to it.
#include "tracking_number.h"

#include <gtest/gtest.h>

#include <random>

#include "check_digits.h"

namespace live_labels {
namespace {

using Names = std::vector<std::string>;

std::string values_of(const std::string& line) {
  std::string values;
  for (const TrackingNumber& number : find_tracking_numbers(line)) {
    values += (values.empty() ? "" : " ") + number.value + (number.plausible() ? "+" : "-");
  }
  return values;
}

std::string random_digits(std::mt19937& generator, size_t count) {
  std::string digits;
  for (size_t i = 0; i < count; ++i) digits += static_cast<char>('0' + generator() % 10);
  return digits;
}

char digit(int value) {
  return static_cast<char>('0' + value);
}

TEST(CheckDigits, AreThoseOfPublishedExamples) {
  EXPECT_EQ(gs1_check_digit("629104150021"), 3);  // the GTIN-13 of the GS1 General Specifications
  EXPECT_EQ(gs1_check_digit("10614141192837465"), 7);
  EXPECT_EQ(s10_check_digit("47312482"), 9);         // RA473124829US
  EXPECT_EQ(ups_check_digit("999AA1012345678"), 4);  // 1Z999AA10123456784
  EXPECT_EQ(iso_7064_37_36_check_character("A12425GABC1234002"), 'M');
  EXPECT_EQ(modulo_7("333193341"), 333193341 % 7);
}

TEST(TrackingNumber, EachSchemeIsRecognised) {
  EXPECT_EQ(matching_schemes("106141411928374657"), Names{"sscc"});
  EXPECT_EQ(matching_schemes("1Z999AA10123456784"), Names{"ups"});
  EXPECT_EQ(matching_schemes("RA473124829US"), Names{"s10"});
  EXPECT_EQ(matching_schemes("12345678901" + std::string(1, digit(fedex_express_check_digit("12345678901", "317")))),
            Names{"fedex-express"});
  const std::string last = "1234567890123";
  EXPECT_EQ(matching_schemes("10012345678901234567" + last + digit(fedex_express_check_digit(last, "173"))),
            Names{"fedex-express"});
  const std::string ground = "12345678901234";
  EXPECT_EQ(matching_schemes(ground + digit(gs1_check_digit(ground))).front(), "fedex-ground");
  EXPECT_EQ(matching_schemes("9612345" + ground + digit(gs1_check_digit(ground))).front(), "fedex-ground");
  const std::string mail = "940011020088123456789";
  EXPECT_EQ(matching_schemes(mail + digit(gs1_check_digit(mail))), Names{"usps"});
  EXPECT_EQ(matching_schemes("3331933415"), Names{"dhl"});
  EXPECT_EQ(matching_schemes(std::string("01234567890123") + iso_7064_37_36_check_character("01234567890123")).back(),
            "dpd");
}

TEST(TrackingNumber, OtherFormsAreOfNoScheme) {
  for (const char* value : {"", "1", "123456789", "1Z999AA1012345678", "1Z999AA1012345678X", "RA47312482US",
                            "9900110200881234567890", "HELLO", "20290420"}) {
    EXPECT_FALSE(has_known_form(value)) << value;
    EXPECT_TRUE(matching_schemes(value).empty()) << value;
  }
}

TEST(TrackingNumber, EveryWrongDigitOfAnSsccIsNoticed) {
  std::mt19937 generator(7);
  for (int i = 0; i < 50; ++i) {
    std::string number = random_digits(generator, 17);
    number += digit(gs1_check_digit(number));
    ASSERT_EQ(matching_schemes(number), Names{"sscc"});
    for (char& c : number) {
      const char right = c;
      for (c = '0'; c <= '9'; ++c) EXPECT_EQ(matching_schemes(number).empty(), c != right) << number;
      c = right;
    }
  }
}

TEST(TrackingNumber, UpsDoesNotNoticeEveryWrongCharacter) {
  // 5 and S weigh the same modulo ten, as do 0 and D: a passing check digit confirms nothing.
  ASSERT_EQ(('S' - 3) % 10, 0);
  EXPECT_EQ(ups_check_digit("S99AA1012345678"), ups_check_digit("099AA1012345678"));
}

TEST(Normalise, DropsWhatIsNotPartOfTheNumber) {
  EXPECT_EQ(normalise("(00) 1 0614141 192837465 7"), "106141411928374657");
  EXPECT_EQ(normalise("]C100106141411928374657"), "106141411928374657");
  EXPECT_EQ(normalise("\x1d"
                      "1z 999-aa1 01 2345 6784"),
            "1Z999AA10123456784");
  EXPECT_EQ(normalise("420123459400110200881234567890"), "9400110200881234567890");
  EXPECT_EQ(normalise("4201234567899400110200881234567890"), "9400110200881234567890");
  EXPECT_EQ(normalise("00123"), "00123");
  EXPECT_EQ(normalise("]"), "]");
}

TEST(FindTrackingNumbers, JoinsGroups) {
  EXPECT_EQ(values_of("TRACKING #: RA 473 124 829 US"), "RA473124829US+");
  EXPECT_EQ(values_of("1Z 999 AA1 01 2345 6784"), "1Z999AA10123456784+");
  EXPECT_EQ(values_of("(00) 1 0614141 192837465 7"), "106141411928374657+");
  EXPECT_EQ(values_of("Tracking No. 3331933415"), "3331933415+");
  EXPECT_EQ(values_of("3331933415 and RA473124829US"), "3331933415+ RA473124829US+");
}

TEST(FindTrackingNumbers, KeepsWrongOnesApart) {
  EXPECT_EQ(values_of("RA 473 124 828 US"), "RA473124828US-");
}

TEST(FindTrackingNumbers, DoesNotCutNumbersOutOfLongerOnes) {
  EXPECT_EQ(values_of("3331933415 12 34 56 78 90 12 34 56 78 90 12 34"), "");
  EXPECT_EQ(values_of("12 3331933415 9"), "");
}

TEST(FindTrackingNumbers, LeavesOtherLinesAlone) {
  for (const char* line : {"", "DELIVER TO: Ingrid Vale", "DATE: 01/08/2032 WT: 26.3 KG", "4410 Northbridge",
                           "75 ALDER CRESCENT, APT 28", "TRACKING NUMBER:", "\xff\xfe"}) {
    EXPECT_EQ(values_of(line), "") << line;
  }
}

TEST(FindTrackingNumbers, TakesWhatIsAnnouncedWhateverItsForm) {
  EXPECT_EQ(values_of("Tracking no. AB12 3456 78"), "AB12345678-");
  EXPECT_EQ(values_of("TRACKING # 12"), "");
}

}  // namespace
}  // namespace live_labels
