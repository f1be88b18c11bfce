#include "base/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support/temporary_directory.h"

namespace remora {
namespace {

class FilesTest : public testing::Test {
 protected:
    static std::string read(const std::string& from) {
        std::ifstream in(from, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    const TemporaryDirectory temporary;
    const std::string directory = temporary.path();
    const std::string path = directory + "/counters";
};

// Opening one for writing waits for a reader, for ever.
TEST_F(FilesTest, AFifoInTheWayIsNotWaitedFor) {
    ASSERT_EQ(::mkfifo((path + ".new").c_str(), 0600), 0);
    EXPECT_TRUE(replace_file(path, "text", "counters file"));
    EXPECT_EQ(read(path), "text");
    EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST_F(FilesTest, AFileThatSomebodyPutInTheWayIsNotWrittenTo) {
    const std::string victim = directory + "/victim";
    std::ofstream(victim) << "precious";
    ASSERT_EQ(::link(victim.c_str(), (path + ".new").c_str()), 0);
    EXPECT_TRUE(replace_file(path, "text", "counters file"));
    EXPECT_EQ(read(victim), "precious");
    ASSERT_EQ(::symlink(victim.c_str(), (path + ".new").c_str()), 0);
    EXPECT_TRUE(replace_file(path, "more", "counters file"));
    EXPECT_EQ(read(victim), "precious");
    EXPECT_EQ(read(path), "more");
}

TEST_F(FilesTest, ADirectoryInTheWayIsAnErrorAndTheOldFileStays) {
    EXPECT_TRUE(replace_file(path, "old", "counters file"));
    std::filesystem::create_directory(path + ".new");
    const Status status = replace_file(path, "new", "counters file");
    EXPECT_EQ(status.code(), Code::kIo);
    EXPECT_NE(status.message().find("counters file " + path + ".new cannot be created"),
              std::string::npos)
        << status.message();
    EXPECT_EQ(read(path), "old");
}

TEST_F(FilesTest, EverybodyMayReadItWhateverTheUmask) {
    const mode_t before = ::umask(077);
    EXPECT_TRUE(replace_file(path, "text", "counters file"));
    ::umask(before);
    struct stat found {};
    ASSERT_EQ(::stat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0644U);
}

}  // namespace
}  // namespace remora
