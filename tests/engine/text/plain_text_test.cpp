// SPDX-License-Identifier: MIT
#include "text/plain_text.h"

#include <gtest/gtest.h>

namespace deepseekocr {
namespace {

TEST(PlainText, CollapsesNewlines) {
  EXPECT_EQ(collapse_newlines("a\n\n\n\n\nb\n\nc\nd"), "a\n\nb\n\nc\nd");
}

TEST(PlainText, StripsLineEnds) {
  EXPECT_EQ(strip_line_ends("a  \n \t\n  b\t \nc "), "a\n\n  b\nc");
}

TEST(PlainText, RemovesCenter) {
  EXPECT_EQ(remove_center("<center>x</center> <b>"), "x <b>");
}

TEST(PlainText, UnescapesOnce) {
  EXPECT_EQ(unescape_entities("&lt;b&gt; &amp;lt; &quot;&#39; & &unknown;"), "<b> &lt; \"' & &unknown;");
}

TEST(PlainText, FlattensTables) {
  EXPECT_EQ(flatten_tables("<table><tr><td>a</td><td>b c</td></tr><tr><td>1</td><td>2</td></tr></table>"),
            "a\tb c\n1\t2");
  EXPECT_EQ(flatten_tables("x\n<table>\n<thead><tr><th>a</th></tr></thead>\n<tbody><tr><td colspan=\"2\">b</td></tr>"
                           "</tbody></table>\ny"),
            "x\na\nb\ny");
}

TEST(PlainText, KeepsTheColumnsOfEmptyCells) {
  EXPECT_EQ(flatten_tables("<table><tr><td></td><td>b</td><td></td><td>d</td><td></td></tr><tr><td></td></tr>"
                           "<tr><td>x</td></tr></table>"),
            "\tb\t\td\nx");
}

TEST(PlainText, ACellIsOneLine) {
  EXPECT_EQ(flatten_tables("<table><tr><td> a<br>b\n\n c </td><td>&lt;d&amp;e&gt;</td></tr></table>"), "a b c\t<d&e>");
}

TEST(PlainText, KeepsWhatIsNoTag) {
  EXPECT_EQ(flatten_tables("<table><tr><td>\\(x<y\\)</td><td>a < b > c</td><td><td2></td></tr></table>"),
            "\\(x<y\\)\ta < b > c\t<td2>");
  EXPECT_EQ(flatten_tables("a < b\t  c"), "a < b\t  c");
}

TEST(PlainText, EndsAnUnfinishedTable) {
  EXPECT_EQ(flatten_tables("<table><tr><td>a</td><td>b"), "a\tb");
  EXPECT_EQ(flatten_tables("<table><tr><td>a</td><td"), "a\t<td");
  EXPECT_EQ(flatten_tables("<table"), "<table");
}

TEST(PlainText, FlattensEveryTable) {
  EXPECT_EQ(flatten_tables("<table><tr><td>a</td></tr></table>, <table><tr><td>b</td></tr></table>"), "a, b");
}

}  // namespace
}  // namespace deepseekocr
