// SPDX-License-Identifier: MIT
#include "number_vote.h"

#include <gtest/gtest.h>

namespace live_labels {
namespace {

constexpr const char* kRight = "RA473124829US";
constexpr const char* kOther = "1Z999AA10123456784";
constexpr const char* kWrong = "RA473124828US";  // its check digit does not hold

class NumberVoteTest : public testing::Test {
 protected:
  void read(const char* line, double weight = 1) { vote.add_read(find_tracking_numbers(line), weight); }
  NumberVerdict verdict(const char* voted = "") { return vote.verdict({voted}); }

  NumberVote vote{2};
};

TEST_F(NumberVoteTest, NothingWithoutNumbers) {
  read("no number here");
  EXPECT_EQ(verdict().agreement, Agreement::none);
}

TEST_F(NumberVoteTest, OneReadIsNotBelieved) {
  read(kRight);
  EXPECT_EQ(verdict().agreement, Agreement::text_single);
  EXPECT_EQ(verdict().number.value, kRight);
  EXPECT_EQ(verdict().agreeing_reads, 1U);
}

TEST_F(NumberVoteTest, TwoReadsAndACheckDigit) {
  read(kRight);
  read("RA 473 124 829 US");
  EXPECT_EQ(verdict().agreement, Agreement::text_checked);
  EXPECT_EQ(verdict().agreeing_reads, 2U);
  EXPECT_DOUBLE_EQ(verdict().agreeing_weight, 1.0);
}

TEST_F(NumberVoteTest, AgreementCountsBeforeTheCheckDigit) {
  read(kRight, 9);
  read(kWrong);
  read(kWrong);
  EXPECT_EQ(verdict().number.value, kWrong);
  EXPECT_EQ(verdict().agreement, Agreement::text_voted);
  read(kRight);
  EXPECT_EQ(verdict().number.value, kRight);
  EXPECT_EQ(verdict().agreement, Agreement::text_checked);
}

TEST_F(NumberVoteTest, PartOfALongerNumberIsNone) {
  const std::string whole = "106141411928374657";
  std::string part = whole.substr(0, 10);
  vote.add_read({{whole, {"sscc"}}}, 1);
  vote.add_read({{whole, {"sscc"}}}, 1);
  for (int i = 0; i < 5; ++i) vote.add_read({{part, {"dhl"}}}, 1);
  EXPECT_EQ(verdict().number.value, whole);
}

TEST_F(NumberVoteTest, NumberMayBePutTogether) {
  EXPECT_EQ(verdict("TRACKING RA 473 124 829 US").agreement, Agreement::text_joined);
  EXPECT_EQ(verdict("TRACKING RA 473 124 829 US").number.value, kRight);
  EXPECT_EQ(verdict("TRACKING RA 473 124 828 US").agreement, Agreement::none);  // only with its check digit
}

TEST_F(NumberVoteTest, PartThatPassesACheckGivesWayToTheWhole) {
  const std::string mail = "9400110200881234567896";
  ASSERT_EQ(matching_schemes(mail), std::vector<std::string>{"usps"});
  for (int i = 0; i < 3; ++i) vote.add_read({{mail.substr(7), {"fedex-ground"}}}, 1);
  EXPECT_EQ(verdict().agreement, Agreement::text_checked);
  EXPECT_EQ(verdict(mail.c_str()).agreement, Agreement::text_joined);
  EXPECT_EQ(verdict(mail.c_str()).number.value, mail);
  // Nor is it believed where the whole does not pass: no number is better than a wrong one.
  EXPECT_EQ(verdict(("8" + mail.substr(1)).c_str()).agreement, Agreement::none);
}

TEST_F(NumberVoteTest, BarcodeConfirmsEvenOneRead) {
  read(kRight);
  vote.add_barcode(kRight);
  EXPECT_EQ(verdict().agreement, Agreement::confirmed);
}

TEST_F(NumberVoteTest, BarcodeIsComparedNormalised) {
  read("SSCC 1 0614141 192837465 7");
  vote.add_barcode("]C100106141411928374657");
  EXPECT_EQ(verdict().agreement, Agreement::confirmed);
  EXPECT_EQ(verdict().number.value, "106141411928374657");
}

TEST_F(NumberVoteTest, BarcodeAlone) {
  vote.add_barcode(kOther);
  EXPECT_EQ(verdict().agreement, Agreement::barcode);
  EXPECT_EQ(verdict().number.value, kOther);
  read(kRight);  // one read does not contradict a barcode
  EXPECT_EQ(verdict().agreement, Agreement::barcode);
}

TEST_F(NumberVoteTest, ConflictHasBothAndChoosesNeither) {
  vote.add_barcode(kOther);
  read(kRight);
  read(kRight);
  EXPECT_EQ(verdict().agreement, Agreement::conflict);
  EXPECT_EQ(verdict().number.value, kRight);
  EXPECT_EQ(verdict().other.value, kOther);
}

TEST_F(NumberVoteTest, OtherBarcodesSayNothing) {
  read(kRight);
  read(kRight);
  vote.add_barcode("https://example.org/goods");
  EXPECT_EQ(verdict().agreement, Agreement::text_checked);
}

}  // namespace
}  // namespace live_labels
