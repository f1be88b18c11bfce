// One process alone writes a file, and what directories and mount points say.
#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "sink/path.h"
#include "support/sink_rig.h"

namespace remora {
namespace {

class SinkPlaceTest : public SinkRig, public testing::WithParamInterface<SinkKind> {
 protected:
    // Another agent, as far as locks go: another FileSystem.
    struct Other {
        Other() : channel(256, 64), log(lines, clock, counters) {}
        void tick(const std::string& line) {
            channel.begin_frame(clock.wall_ms());
            std::memcpy(channel.reserve(line.size()), line.data(), line.size());
            channel.commit(line.size());
            ASSERT_TRUE(channel.end_frame());
            worker->do_work();
        }
        BlockChannel channel;
        FakeClock clock;
        CounterTable counters;
        MemoryLog lines;
        Log log;
        PosixFileSystem files;
        FakeSocketFactory network;
        std::unique_ptr<SinkWorker> worker;
    };

    void start_other(Other& other) {
        other.worker =
            make_sink_worker(options, other.channel,
                             {other.clock, other.counters, other.log, other.files, other.network});
    }

    std::string lock_path() const { return directory + "/.out.lock"; }
};

TEST_P(SinkPlaceTest, TheSecondWriterOfAPathStaysOffAndSaysSo) {
    start(GetParam());
    tick({"first 1\n"});
    ASSERT_TRUE(std::filesystem::exists(lock_path()));
    Other other;
    start_other(other);
    other.tick("second 1\n");
    EXPECT_EQ(read(options.path), "first 1\n");
    EXPECT_TRUE(other.worker->failing());
    EXPECT_EQ(other.lines.count("another process does (it holds " + lock_path() + ")"), 1);
    EXPECT_EQ(other.counters.get(Counter::kSinkFramesDropped), 1U);
    other.worker->set_file_end(FileEnd::kRemove);
    tick({"first 2\n"});
    EXPECT_NE(read(options.path).find("first 2\n"), std::string::npos);

    // When the first ends, its values must not come to life again as the second's.
    stop();
    EXPECT_FALSE(std::filesystem::exists(lock_path())) << "who ends in order leaves no lock file";
    other.clock.advance_ms(3'600'000);
    other.tick("second 2\n");
    EXPECT_EQ(read(options.path).find("second"), std::string::npos);
    EXPECT_EQ(other.lines.count("another process does"), 2) << "again after an hour";
    other.worker->on_stop();
    EXPECT_TRUE(std::filesystem::exists(options.path)) << "not its own";

    // A changed configuration or a restart makes a new one.
    start_other(other);
    other.tick("second 3\n");
    EXPECT_NE(read(options.path).find("second 3\n"), std::string::npos);
    other.worker->on_stop();
}

TEST_P(SinkPlaceTest, AnEndThatMeetsAForeignFileLeavesItAlone) {
    start(GetParam());
    tick({"first 1\n"});
    Other other;
    options.file_end = FileEnd::kDown;
    options.down_text = "down\n";
    end_textfile(options, {other.clock, other.counters, other.log, other.files, other.network});
    EXPECT_EQ(read(options.path), "first 1\n");
    options.file_end = FileEnd::kRemove;
    end_textfile(options, {other.clock, other.counters, other.log, other.files, other.network});
    EXPECT_EQ(read(options.path), "first 1\n");
}

// A sink that hangs is left behind with its lock; the one after it must not wait for that.
TEST_P(SinkPlaceTest, TheSuccessorInTheSameAgentSharesTheLock) {
    start(GetParam());
    tick({"first 1\n"});
    BlockChannel second(256, 64);
    const auto successor =
        make_sink_worker(options, second, {clock, counters, log, files, network});
    second.begin_frame(clock.wall_ms());
    std::memcpy(second.reserve(9), "second 1\n", 9);
    second.commit(9);
    ASSERT_TRUE(second.end_frame());
    successor->do_work();
    EXPECT_NE(read(options.path).find("second 1\n"), std::string::npos) << read(options.path);
    bytes_in += 9;
    ++frames_in;
    stop();
    EXPECT_TRUE(std::filesystem::exists(lock_path())) << "it is still in use";
    successor->on_stop();
    EXPECT_FALSE(std::filesystem::exists(lock_path()));
}

TEST_P(SinkPlaceTest, WhatWasKilledHoldsNothing) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        PosixFileSystem own;
        std::shared_ptr<const FileLock> held;
        if (own.lock(lock_path(), held) == 0) {
            ::raise(SIGKILL);
        }
        ::_exit(1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    ASSERT_TRUE(std::filesystem::exists(lock_path()));
    start(GetParam());
    tick({"next 1\n"});
    EXPECT_EQ(read(options.path), "next 1\n");
    EXPECT_TRUE(log_lines.lines.empty());
}

TEST_P(SinkPlaceTest, WhereNothingCanBeLockedItWritesAndSaysSo) {
    files.fail(FileOp::kLock, ENOLCK);
    start(GetParam());
    tick({"a 1\n"});
    tick({"a 2\n"});
    EXPECT_NE(read(options.path).find("a 2\n"), std::string::npos);
    EXPECT_EQ(log_lines.count("nothing keeps another process from writing " + options.path), 1);
    EXPECT_EQ(get(Counter::kSinkErrors), 0U) << "nothing is lost";
}

TEST_P(SinkPlaceTest, AMissingDirectoryIsMadeForTheFilesReadersAndSaid) {
    options.path = directory + "/node_exporer/sub/out";
    options.file_mode = 0640;
    const mode_t before = ::umask(077);
    start(GetParam());
    tick({"a 1\n"});
    ::umask(before);
    struct stat found {};
    ASSERT_EQ(::stat((directory + "/node_exporer").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0750U);
    ASSERT_EQ(::stat(options.path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0640U);
    EXPECT_EQ(log_lines.count("made the directory " + directory + "/node_exporer/sub"), 1);
    tick({"a 2\n"});
    EXPECT_EQ(log_lines.lines.size(), 1U);
}

TEST_P(SinkPlaceTest, AFileOfAnotherProgramIsNeitherWrittenNorRemoved) {
    options.starts = {"# HELP ", "# EOF"};
    options.file_end = FileEnd::kDown;
    options.down_text = "# HELP down\n";
    const std::string theirs = "{\"outputs\": []}\n";
    write(options.path, theirs);
    start(GetParam());
    tick({"# HELP a\n"});
    EXPECT_EQ(read(options.path), theirs);
    EXPECT_EQ(log_lines.count("another program wrote it"), 1);
    stop();
    for (const FileEnd end : {FileEnd::kDown, FileEnd::kRemove}) {
        options.file_end = end;
        end_textfile(options, {clock, counters, log, files, network});
        EXPECT_EQ(read(options.path), theirs);
    }
    EXPECT_EQ(names(), std::vector<std::string>{"out"});

    // What a crash cut short is ours.
    options.file_end = FileEnd::kKeep;
    for (const char* const ours : {"", "# HE", "# HELP old\n"}) {
        write(options.path, ours);
        start(GetParam());
        tick({"# HELP a\n"});
        EXPECT_NE(read(options.path).find("# HELP a\n"), std::string::npos) << ours;
        stop();
    }
}

// Standard output of a broker is often a file: its log, which must not be rotated away.
TEST_P(SinkPlaceTest, StreamsOfTheProcessAreRefusedHoweverTheyAreNamed) {
    write(directory + "/server.log", "started\n");
    const int stream = files.open_append(directory + "/server.log", 0644);
    ASSERT_GE(stream, 0);
    const std::string name = std::to_string(stream);
    std::filesystem::create_symlink("/dev/fd/" + name, directory + "/link");
    std::filesystem::create_symlink("/proc/self/fd", directory + "/streams");
    for (const std::string& path : {"/dev/fd/" + name, "/proc/self/fd/" + name, directory + "/link",
                                    directory + "/streams/" + name}) {
        options.path = path;
        start(GetParam());
        tick({"a 1\n"});
        EXPECT_EQ(log_lines.count("cannot write " + path + ": "), 1) << path;
        EXPECT_TRUE(worker->failing()) << path;
        stop();
    }
    EXPECT_EQ(log_lines.count("is a device or a stream of the broker's"), 4);
    files.close(stream);
    EXPECT_EQ(read(directory + "/server.log"), "started\n");
}

// rm -rf of the directory takes the lock file too.
TEST_P(SinkPlaceTest, ALockThatWasRemovedIsTakenAgain) {
    options.path = directory + "/sub/out";
    start(GetParam());
    tick({"first 1\n"});
    for (const std::string& removed : {directory + "/sub", directory + "/sub/.out.lock"}) {
        std::filesystem::remove_all(removed);
        tick({"first 2\n"});
        Other other;
        start_other(other);
        other.tick("second 1\n");
        EXPECT_EQ(other.lines.count("another process does"), 1) << removed;
        EXPECT_EQ(read(options.path).find("second"), std::string::npos) << removed;
        other.worker->on_stop();
    }

    // Who comes too late for it stays off.
    std::filesystem::remove(directory + "/sub/.out.lock");
    Other other;
    start_other(other);
    other.tick("second 1\n");
    tick({"first 3\n"});
    EXPECT_EQ(read(options.path).find("first 3"), std::string::npos);
    EXPECT_EQ(log_lines.count("another process does"), 1);
    other.worker->on_stop();
}

INSTANTIATE_TEST_SUITE_P(Kinds, SinkPlaceTest,
                         testing::Values(SinkKind::kTextfile, SinkKind::kAppend));

TEST_F(SinkRig, AFileThatIsAMountPointIsExplained) {
    files.fail(FileOp::kRename, EBUSY);
    start(SinkKind::kTextfile);
    tick({"a 1\n"});
    EXPECT_EQ(log_lines.count("it is a mount point"), 1);
    EXPECT_EQ(log_lines.count("mount its directory instead"), 1);
}

TEST(DirectoryModeTest, WhoMayReadTheFilesMayEnter) {
    EXPECT_EQ(directory_mode(0644), 0755U);
    EXPECT_EQ(directory_mode(0640), 0750U);
    EXPECT_EQ(directory_mode(0600), 0700U);
    EXPECT_EQ(directory_mode(0664), 0775U);
}

// Somebody removes the lock file of a live agent while another opens it.
TEST_F(SinkRig, ALockFileThatIsNotThereAnyMoreIsNoLock) {
    const std::string path = directory + "/.x.lock";
    PosixFileSystem one;
    std::shared_ptr<const FileLock> held;
    ASSERT_EQ(one.lock(path, held), 0);
    std::filesystem::remove(path);
    PosixFileSystem two;
    std::shared_ptr<const FileLock> other;
    ASSERT_EQ(two.lock(path, other), 0);
    held.reset();
    EXPECT_TRUE(std::filesystem::exists(path)) << "the first one must not remove the second's";
    ASSERT_EQ(one.lock(path, held), -EWOULDBLOCK);
    EXPECT_EQ(held, nullptr);
}

}  // namespace
}  // namespace remora
