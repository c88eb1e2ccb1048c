#include "render/table.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <cstdlib>

#include "captured.h"
#include "render/text.h"

namespace tsinspect::cli {
namespace {

constexpr Column kColumns[] = {{.title = "name", .shrink = 1},
                               {.title = "count", .right = true},
                               {"kind"}};

void print(Output& out, const std::vector<std::string>& names) {
  print_table(out, kColumns, names.size(), [&](size_t i, Cells& cells) {
    cells.text(names[i]);
    cells.count(names[i].size());
    i == 0 ? cells.blank() : cells.plain("x");
  });
}

std::string table_of(const std::vector<std::string>& names) {
  return captured([&](Output& out) { print(out, names); });
}

// The same on a terminal that many columns wide.
std::string on_terminal(unsigned short columns,
                        const std::vector<std::string>& names) {
  unsetenv("COLUMNS");
  winsize size = {24, columns, 0, 0};
  int master, slave;
  if (openpty(&master, &slave, nullptr, nullptr, &size) != 0) return "no pty";
  {
    Output out(slave);
    print(out, names);
    out.flush();
  }
  close(slave);
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = read(master, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<size_t>(n));
  }
  close(master);
  std::erase(text, '\r');
  return text;
}

TEST(Table, AlignsColumnsWithoutTrailingBlanks) {
  EXPECT_EQ(table_of({"a", "longer"}),
            "name    count  kind\n"
            "a           1\n"
            "longer      6  x\n");
}

TEST(Table, EscapesNames) {
  EXPECT_EQ(table_of({"a\x1b[2J", "é"}),
            "name      count  kind\n"
            "a\\x1b[2J      5\n"
            "é             2  x\n");
}

TEST(Table, DoesNotPadToAHugeName) {
  std::string text = table_of({std::string(10'000, 'n'), "b"});
  EXPECT_LT(text.size(), 10'400u);
  EXPECT_NE(text.find(std::string(10'000, 'n') + "  10,000"),
            std::string::npos);
}

TEST(Table, CutsNamesToTheTerminal) {
  std::string text = on_terminal(30, {"encoder.layers.0.attention.weight"});
  EXPECT_EQ(text.find("attention"), std::string::npos);
  EXPECT_NE(text.find("…"), std::string::npos);
  EXPECT_NE(text.find("weight"), std::string::npos);
  EXPECT_LE(columns_of(text.substr(0, text.find('\n'))), 30u);
}

TEST(Table, IsWholeOnAWideTerminal) {
  EXPECT_EQ(on_terminal(80, {"a", "longer"}), table_of({"a", "longer"}));
}

TEST(Table, LeavesUnshrinkableColumnsWhole) {
  std::string text = on_terminal(5, {"a.long.enough.name"});
  EXPECT_NE(text.find("18"), std::string::npos);
}

TEST(Text, CountsHaveSeparators) {
  auto text = [](uint64_t n) { return std::string(count_text(n)); };
  EXPECT_EQ(text(0), "0");
  EXPECT_EQ(text(999), "999");
  EXPECT_EQ(text(1000), "1,000");
  EXPECT_EQ(text(11'689'512), "11,689,512");
  EXPECT_EQ(text(UINT64_MAX), "18,446,744,073,709,551,615");
}

TEST(Text, SizesHaveThreeDigits) {
  auto text = [](uint64_t n) { return std::string(size_text(n)); };
  EXPECT_EQ(text(0), "0 B");
  EXPECT_EQ(text(1023), "1023 B");
  EXPECT_EQ(text(1024), "1.00 KiB");
  EXPECT_EQ(text(9411), "9.19 KiB");
  EXPECT_EQ(text(uint64_t{1} << 30), "1.00 GiB");
  EXPECT_EQ(text((uint64_t{1} << 20) - 1), "1023 KiB");
  EXPECT_EQ(text(UINT64_MAX), "15.9 EiB");
}

TEST(Text, NounsFollowTheirCount) {
  EXPECT_EQ(counted(1, "tensor"), "1 tensor");
  EXPECT_EQ(counted(0, "entry"), "0 entries");
  EXPECT_EQ(counted(1200, "buffer"), "1,200 buffers");
}

}  // namespace
}  // namespace tsinspect::cli
