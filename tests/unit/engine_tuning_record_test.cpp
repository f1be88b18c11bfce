#include "engine/tuning_record.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support/temporary_directory.h"

namespace remora {
namespace {

class TuningRecordTest : public testing::Test {
 protected:
    static std::string content(const std::string& path) {
        std::ifstream in(path);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    const TemporaryDirectory temporary_;
    const std::string path_ = temporary_.path() + "/remora.tuning.ndjson";
    PosixFileSystem files_;
    TuningRecord record_{path_, files_};
};

TEST_F(TuningRecordTest, EachEventIsALine) {
    EXPECT_TRUE(record_.append({{"what", "seen"}}));
    EXPECT_TRUE(record_.append({{"what", "done"}, {"subject", "\xFF"}}));
    EXPECT_EQ(content(path_),
              "{\"what\":\"seen\"}\n{\"subject\":\"\xEF\xBF\xBD\",\"what\":\"done\"}\n");
}

TEST_F(TuningRecordTest, ALineThatWasCutOffTakesNoOtherWithIt) {
    std::ofstream(path_) << "{\"what\":";
    EXPECT_TRUE(record_.append({{"what", "done"}}));
    EXPECT_EQ(content(path_), "{\"what\":\n{\"what\":\"done\"}\n");
}

TEST_F(TuningRecordTest, NeverMoreThanTwoFilesOfTheirSize) {
    const std::string text(100'000, 'x');
    for (int i = 0; i < 35; ++i) {
        ASSERT_TRUE(record_.append({{"number", i}, {"text", text}}));
        ASSERT_LE(std::filesystem::file_size(path_), TuningRecord::kBytesMax);
    }
    EXPECT_EQ(content(path_).rfind("{\"number\":30,", 0), 0U) << "ten a file";
    EXPECT_EQ(content(path_ + ".1").rfind("{\"number\":20,", 0), 0U);
    const std::filesystem::directory_iterator entries(temporary_.path());
    EXPECT_EQ(std::distance(begin(entries), end(entries)), 2);
}

TEST_F(TuningRecordTest, NothingIsWrittenThroughALinkOrIntoADirectory) {
    const std::string victim = temporary_.path() + "/victim";
    std::ofstream(victim) << "precious";
    std::filesystem::create_symlink(victim, path_);
    EXPECT_EQ(record_.append({{"what", "seen"}}).code(), Code::kIo);
    EXPECT_EQ(content(victim), "precious");
    std::filesystem::remove(path_);
    std::filesystem::create_directory(path_);
    const Status failed = record_.append({{"what", "seen"}});
    EXPECT_EQ(failed.code(), Code::kIo);
    EXPECT_NE(failed.message().find(path_ + " cannot be written"), std::string::npos);
}

}  // namespace
}  // namespace remora
