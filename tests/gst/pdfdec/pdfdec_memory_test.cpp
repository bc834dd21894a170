// SPDX-License-Identifier: MIT
//
// Thousands of pages take no more memory than a few.
#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "documents.h"
#include "player.h"

// Resident bytes of this process.
static int64_t resident_bytes() {
  malloc_trim(0);
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  long total = 0;
  long resident = 0;
  const int read = std::fscanf(file, "%ld %ld", &total, &resident);
  std::fclose(file);
  return read == 2 ? static_cast<int64_t>(resident) * sysconf(_SC_PAGESIZE) : 0;
}

struct Growth {
  int64_t after_warm_up = 0;
  int64_t most = 0;
  int pages = 0;
};

// Measures now and then, from page 50 on, when caches are filled.
static void on_page(GstElement* /*sink*/, GstBuffer* /*buffer*/, GstPad* /*pad*/, gpointer user_data) {
  auto* growth = static_cast<Growth*>(user_data);
  ++growth->pages;
  if (growth->pages == 50) growth->after_warm_up = growth->most = resident_bytes();
  if (growth->pages > 50 && growth->pages % 50 == 0) growth->most = std::max(growth->most, resident_bytes());
}

static Growth play_pages(int page_count) {
  std::vector<TestPage> pages(static_cast<size_t>(page_count));
  for (int i = 0; i < page_count; ++i) pages[static_cast<size_t>(i)].text = "Page " + std::to_string(i + 1);
  const TemporaryFile file(make_document(pages));
  Growth growth;
  Player player("filesrc location=" + file.path() + " ! pdfdec dpi=72 ! fakesink name=sink");
  g_signal_connect(player.element("sink"), "handoff", G_CALLBACK(on_page), &growth);
  EXPECT_TRUE(player.play());
  EXPECT_EQ(growth.pages, page_count);
  return growth;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kManyPages = 200;  // the memory of a sanitizer says nothing
#else
constexpr int kManyPages = 2800;
#endif

// What stays per page is Poppler's table of pages, a few kilobytes each; a page of pixels would be 41 kB.
TEST(PdfDecMemory, ThousandsOfPagesStayBounded) {
  const Growth growth = play_pages(kManyPages);
  const double per_page = static_cast<double>(growth.most - growth.after_warm_up) / kManyPages;
  RecordProperty("bytes_per_page", std::to_string(per_page));
  std::printf("resident: %.1f MB at page 50, %.1f MB at most, %.0f bytes per page\n",
              static_cast<double>(growth.after_warm_up) / 1e6, static_cast<double>(growth.most) / 1e6, per_page);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(per_page, 8192);
#endif
}
