#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "support/sink_rig.h"

namespace remora {
namespace {

using Names = std::vector<std::string>;

class TextfileTest : public SinkRig {
 protected:
    void SetUp() override {
        SinkRig::SetUp();
        options.path = directory + "/kafka.prom";
        start(SinkKind::kTextfile);
    }
};

TEST_F(TextfileTest, AFrameReplacesTheWholeFile) {
    tick({"a 1\n", "b 2\n"});
    EXPECT_EQ(read(options.path), "a 1\nb 2\n");
    tick({"a 3\n"});
    EXPECT_EQ(read(options.path), "a 3\n");
    EXPECT_EQ(names(), Names{"kafka.prom"});
    EXPECT_EQ(get(Counter::kSinkFrames), 2U);
    EXPECT_EQ(get(Counter::kSinkBytes), 12U);
    EXPECT_EQ(get(Counter::kSinkErrors), 0U);
    EXPECT_TRUE(log_lines.lines.empty());
}

TEST_F(TextfileTest, TheOldFileStaysUntilTheFrameIsComplete) {
    tick({"old 1\n"});
    begin();
    for (int i = 0; i < 200; ++i) {
        push("new " + std::to_string(i) + "\n");
    }
    worker->do_work();
    EXPECT_EQ(read(options.path), "old 1\n");
    const Names during = names();
    ASSERT_EQ(during.size(), 2U);
    EXPECT_TRUE(during[0].starts_with(".kafka.prom.tmp-" + std::to_string(getpid()) + "-"));
    EXPECT_FALSE(during[0].ends_with(".prom"));
    end();
    drain();
    EXPECT_TRUE(read(options.path).starts_with("new 0\n"));
    EXPECT_TRUE(read(options.path).ends_with("new 199\n"));
}

TEST_F(TextfileTest, AFrameThatAStopCutsOffLeavesTheOldFileAndNoTemporary) {
    tick({"old 1\n"});
    begin();
    for (int i = 0; i < 100; ++i) {
        push("new " + std::to_string(i) + "\n");
    }
    worker->on_stop();
    forget_open_block();
    EXPECT_EQ(read(options.path), "old 1\n");
    EXPECT_EQ(names(), Names{"kafka.prom"});
    EXPECT_EQ(get(Counter::kSinkFramesDropped), 1U);
}

TEST_F(TextfileTest, TheFileIsReadableForEveryoneWhateverTheUmask) {
    const mode_t before = umask(077);
    tick({"a 1\n"});
    umask(before);
    struct stat found {};
    ASSERT_EQ(::stat(options.path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0644U);
}

TEST_F(TextfileTest, AFullDiskKeepsTheOldFileAndHealsByItself) {
    tick({"old 1\n"});
    files.space_left = 3;
    tick({"new 1\n"});
    EXPECT_EQ(read(options.path), "old 1\n");
    EXPECT_EQ(names(), Names{"kafka.prom"});
    EXPECT_TRUE(worker->failing());
    EXPECT_EQ(get(Counter::kSinkErrors), 1U);
    EXPECT_EQ(log_lines.count("No space left"), 1);
    files.clear();
    clock.advance_ms(1'000);
    tick({"new 2\n"});
    EXPECT_EQ(read(options.path), "new 2\n");
    EXPECT_FALSE(worker->failing());
    EXPECT_EQ(log_lines.count("works again"), 1);
    expect_conservation();
}

TEST_F(TextfileTest, AnEndOnAFullDiskLeavesNoFileThatLooksAlive) {
    options.file_end = FileEnd::kDown;
    options.down_text = "remora_up 0\n";
    start(SinkKind::kTextfile);
    tick({"remora_up 1\n"});
    files.space_left = 0;
    stop();
    EXPECT_EQ(names(), Names{});
    EXPECT_EQ(log_lines.count("No space left"), 1);
    files.clear();
    start(SinkKind::kTextfile);
    tick({"remora_up 1\n"});
    stop();
    EXPECT_EQ(read(options.path), "remora_up 0\n") << "where there is room it says so";
}

TEST_F(TextfileTest, WhileItFailsTheRingMovesOnAndAttemptsBackOffToThirtySeconds) {
    files.fail(FileOp::kOpen, EROFS);
    for (int second = 0; second < 600; ++second) {
        tick({"a " + std::to_string(second) + "\n"});
        clock.advance_ms(1'000);
    }
    EXPECT_EQ(get(Counter::kSinkFramesDropped), 600U);
    EXPECT_EQ(channel->filled(), 0U);
    // 1+2+4+8+16 s, then every 30 s.
    EXPECT_GE(get(Counter::kSinkErrors), 20U);
    EXPECT_LE(get(Counter::kSinkErrors), 30U);
    EXPECT_EQ(log_lines.count("Read-only file system"), 1) << "said once";
    files.clear();
    clock.advance_ms(30'000);
    tick({"healed 1\n"});
    EXPECT_EQ(read(options.path), "healed 1\n");
    EXPECT_EQ(log_lines.count("works again"), 1);
    files.fail(FileOp::kOpen, EROFS);
    tick({"b 1\n"});
    EXPECT_EQ(log_lines.count("Read-only file system"), 2) << "it had worked in between";
    clock.advance_ms(3'600'000);
    tick({"b 2\n"});
    EXPECT_EQ(log_lines.count("Read-only file system"), 3) << "a reminder an hour";
}

TEST_F(TextfileTest, EveryFailingCallLeavesTheOldFileAndNothingElse) {
    options.fsync = FsyncMode::kTick;
    start(SinkKind::kTextfile);
    tick({"old 1\n"});
    std::uint64_t errors = 0;
    for (const FileOp op :
         {FileOp::kOpen, FileOp::kWrite, FileOp::kSync, FileOp::kClose, FileOp::kRename}) {
        files.fail(op, EIO, 1, "kafka.prom");
        clock.advance_ms(31'000);
        tick({"new 1\n"});
        EXPECT_EQ(read(options.path), "old 1\n") << static_cast<int>(op);
        EXPECT_EQ(names(), Names{"kafka.prom"}) << static_cast<int>(op);
        EXPECT_EQ(get(Counter::kSinkErrors), ++errors);
        files.clear();
    }
    clock.advance_ms(31'000);
    tick({"new 1\n"});
    EXPECT_EQ(read(options.path), "new 1\n");
}

TEST_F(TextfileTest, ShortWritesAreContinued) {
    files.write_bytes_max = 5;
    tick({"a_long_name 1\n", "another_name 2\n"});
    EXPECT_EQ(read(options.path), "a_long_name 1\nanother_name 2\n");
}

TEST_F(TextfileTest, MissingDirectoriesAreMadeAndMadeAgain) {
    options.path = directory + "/one/two/kafka.prom";
    start(SinkKind::kTextfile);
    tick({"a 1\n"});
    EXPECT_EQ(read(options.path), "a 1\n");
    std::filesystem::remove_all(directory + "/one");
    tick({"a 2\n"});
    EXPECT_EQ(read(options.path), "a 2\n");
    EXPECT_EQ(get(Counter::kSinkErrors), 0U);
}

TEST_F(TextfileTest, ADirectoryThatVanishesInsideAFrameCostsThatFrameOnly) {
    options.path = directory + "/one/kafka.prom";
    start(SinkKind::kTextfile);
    begin();
    for (int i = 0; i < 100; ++i) {
        push("new " + std::to_string(i) + "\n");
    }
    worker->do_work();
    std::filesystem::remove_all(directory + "/one");
    end();
    drain();
    EXPECT_EQ(get(Counter::kSinkFramesDropped), 1U);
    clock.advance_ms(1'000);
    tick({"a 2\n"});
    EXPECT_EQ(read(options.path), "a 2\n");
}

TEST_F(TextfileTest, AnUnwritableDirectoryIsSaidClearly) {
    files.fail(FileOp::kMakeDirectory, EACCES);
    options.path = directory + "/one/kafka.prom";
    start(SinkKind::kTextfile);
    tick({"a 1\n"});
    EXPECT_EQ(log_lines.count("cannot make directory " + directory + "/one: Permission denied"), 1);
}

TEST_F(TextfileTest, ADirectoryAtThePathIsRefusedWithAClearMessage) {
    std::filesystem::create_directory(options.path);
    tick({"a 1\n"});
    EXPECT_EQ(log_lines.count("it is a directory"), 1);
    EXPECT_EQ(names(), Names{"kafka.prom"});
    std::filesystem::remove(options.path);
    clock.advance_ms(1'000);
    tick({"a 2\n"});
    EXPECT_EQ(read(options.path), "a 2\n");
}

TEST_F(TextfileTest, AFifoAtThePathIsRefusedAndNeverBlocks) {
    ASSERT_EQ(::mkfifo(options.path.c_str(), 0644), 0);
    tick({"a 1\n"});
    EXPECT_EQ(log_lines.count("it is a FIFO"), 1);
    EXPECT_EQ(get(Counter::kSinkFramesDropped), 1U);
}

TEST_F(TextfileTest, ALinkIsFollowedAndStaysALink) {
    std::filesystem::create_directory(directory + "/real");
    std::filesystem::create_symlink("real/target.prom", options.path);
    tick({"a 1\n"});
    tick({"a 2\n"});
    EXPECT_TRUE(std::filesystem::is_symlink(options.path));
    EXPECT_EQ(read(directory + "/real/target.prom"), "a 2\n");
}

TEST_F(TextfileTest, ALinkThatAppearsLaterIsFollowedToo) {
    tick({"a 1\n"});
    std::filesystem::remove(options.path);
    std::filesystem::create_symlink("target.prom", options.path);
    tick({"a 2\n"});
    EXPECT_TRUE(std::filesystem::is_symlink(options.path));
    EXPECT_EQ(read(directory + "/target.prom"), "a 2\n");
}

TEST_F(TextfileTest, ALinkOfAnotherUserIsRefused) {
    std::filesystem::create_symlink("target.prom", options.path);
    if (::lchown(options.path.c_str(), 12345, 12345) != 0) {
        GTEST_SKIP() << "only root can give a link away";
    }
    tick({"a 1\n"});
    EXPECT_FALSE(std::filesystem::exists(directory + "/target.prom"));
    EXPECT_EQ(log_lines.count("symbolic link of another user"), 1);
}

TEST_F(TextfileTest, ALinkLoopIsRefused) {
    std::filesystem::create_symlink("kafka.prom", options.path);
    tick({"a 1\n"});
    EXPECT_EQ(get(Counter::kSinkErrors), 1U);
    EXPECT_EQ(get(Counter::kSinkFramesDropped), 1U);
}

TEST_F(TextfileTest, TemporariesOfDeadProcessesGoAndThoseOfLivingOnesStay) {
    const pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    waitpid(child, nullptr, 0);
    const std::string prefix = directory + "/.kafka.prom.tmp-";
    write(prefix + std::to_string(child) + "-1", "dead");
    write(prefix + std::to_string(getpid()) + "-77", "ours, from an earlier life in a container");
    write(prefix + "1-1", "somebody alive");
    write(prefix + "x", "no pid");
    tick({"a 1\n"});
    EXPECT_EQ(names(), (Names{".kafka.prom.tmp-1-1", ".kafka.prom.tmp-x", "kafka.prom"}));
}

TEST_F(TextfileTest, TheDiskBoundCountsTheOldAndTheNewFile) {
    options.disk_bytes_max = 1'000;
    start(SinkKind::kTextfile);
    tick({std::string(199, 'a') + "\n", std::string(199, 'b') + "\n"});
    EXPECT_EQ(bytes_on_disk(), 400);
    begin();
    for (int i = 0; i < 10; ++i) {
        push(std::string(99, 'c') + "\n");
        worker->do_work();
        EXPECT_LE(bytes_on_disk(), 1'000);
    }
    end();
    drain();
    EXPECT_EQ(bytes_on_disk(), 400);
    EXPECT_EQ(log_lines.count("rotate.total_size"), 1);
}

TEST_F(TextfileTest, WhatIsInTheRingGetsOutAtStop) {
    queue({"last 1\n"});
    worker->on_stop();
    EXPECT_EQ(read(options.path), "last 1\n");
}

TEST_F(TextfileTest, AnUnfinishedFrameAtStopIsDropped) {
    tick({"old 1\n"});
    begin();
    for (int i = 0; i < 100; ++i) {
        push("new " + std::to_string(i) + "\n");
    }
    worker->on_stop();
    worker.reset();
    EXPECT_EQ(read(options.path), "old 1\n");
    EXPECT_EQ(names(), Names{"kafka.prom"});
    EXPECT_EQ(get(Counter::kSinkFramesDropped), 1U);
}

TEST_F(TextfileTest, WhenBehindOldFramesAreSkippedForNewerOnes) {
    queue({"first 1\n"});
    clock.advance_ms(40'000);
    queue({"second 1\n"});
    queue({"third 1\n"});
    drain();
    EXPECT_EQ(read(options.path), "third 1\n");
    EXPECT_EQ(get(Counter::kSinkFrames), 2U);
    EXPECT_EQ(get(Counter::kSinkFramesDropped), 1U);
    EXPECT_EQ(get(Counter::kSinkErrors), 0U);
    // The only frame there is goes out however old it is.
    queue({"fourth 1\n"});
    clock.advance_ms(40'000);
    drain();
    EXPECT_EQ(read(options.path), "fourth 1\n");
}

TEST_F(TextfileTest, ATurnIsBounded) {
    start(SinkKind::kTextfile, 16, 512);
    begin();
    for (int i = 0; i < 400; ++i) {
        push("0123456789abcd\n");
    }
    end();
    const std::size_t before = channel->filled();
    EXPECT_EQ(worker->do_work(), 0);
    EXPECT_LE(before - channel->filled(), 32U);
    EXPECT_GE(before - channel->filled(), 1U);
    drain();
}

// A real full disk, where mounting one is permitted.
TEST_F(TextfileTest, ARealFullDiskKeepsTheOldFile) {
    const std::string mount_point = directory + "/small";
    const SmallDisk disk(mount_point);
    if (!disk.mounted()) {
        GTEST_SKIP() << "mounting a tmpfs is not permitted here";
    }
    options.path = mount_point + "/kafka.prom";
    start(SinkKind::kTextfile);
    tick({"old 1\n"});
    write(mount_point + "/filler", std::string(56 * 1024, 'x'));
    begin();
    for (int i = 0; i < 100; ++i) {
        push(std::string(199, 'n') + "\n");
    }
    end();
    drain();
    EXPECT_EQ(read(options.path), "old 1\n");
    EXPECT_EQ(log_lines.count("No space left"), 1);
    std::filesystem::remove(mount_point + "/filler");
    clock.advance_ms(1'000);
    tick({"new 1\n"});
    EXPECT_EQ(read(options.path), "new 1\n");
    stop();
}

}  // namespace
}  // namespace remora
