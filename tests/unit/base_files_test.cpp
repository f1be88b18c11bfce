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

TEST_F(FilesTest, AFileIsReadWholeUpToItsLimit) {
    const std::string text(20'000, 'x');
    std::ofstream(path) << text;
    struct stat found {};
    EXPECT_EQ(read_file(path, text.size(), &found).value(), text);
    EXPECT_EQ(found.st_size, 20'000);
    const Status refused = read_file(path, text.size() - 1).status();
    EXPECT_EQ(refused.code(), Code::kLimit);
    EXPECT_EQ(refused.message(), path + ": found 20000 bytes; expected at most 19999");
}

TEST_F(FilesTest, WhatIsNoRegularFileIsNotRead) {
    EXPECT_EQ(read_file(path, 10).status().code(), Code::kNotFound);
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    for (const std::string& no_file : {path, directory, std::string("/dev/zero")}) {
        EXPECT_EQ(read_file(no_file, 10).status().code(), Code::kInvalidArgument) << no_file;
    }
}

// Its size is 0 before it is read, as that of a file to which somebody appends meanwhile may be.
TEST_F(FilesTest, TheLimitHoldsForAFileThatIsLargerThanTheKernelSaid) {
    EXPECT_EQ(read_file("/proc/self/status", 10).status().code(), Code::kLimit);
    EXPECT_NE(read_file("/proc/self/status", 100'000).value().find("VmRSS"), std::string::npos);
}

TEST(KernelPathTest, DevicesAndStreamsAreNoFilesAndSharedMemoryHasSome) {
    for (const char* path : {"/dev/stdout", "/proc/self/fd/1", "/sys/x"}) {
        EXPECT_TRUE(is_kernel_path(path)) << path;
    }
    for (const char* path : {"/dev/shm/x", "/process/x", "/a/dev/x", "dev/x"}) {
        EXPECT_FALSE(is_kernel_path(path)) << path;
    }
}

}  // namespace
}  // namespace remora
