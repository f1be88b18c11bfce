#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "base/clock.h"
#include "trace/layout.h"
#include "trace/trace.h"

namespace remora {
namespace {

constexpr std::uint32_t kNoNumber = 0xFFFFFFFF;
constexpr std::size_t kHeadBytesMax = 80;  // of any record without its text
constexpr double kWholeMax = 4503599627370496.0;

class PlainTraceFile final : public TraceFile {
 public:
    explicit PlainTraceFile(std::FILE* file) : file_(file) {}
    ~PlainTraceFile() override { std::fclose(file_); }
    PlainTraceFile(const PlainTraceFile&) = delete;
    PlainTraceFile& operator=(const PlainTraceFile&) = delete;
    bool write(std::span<const std::byte> bytes) override {
        return std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size() &&
               std::fflush(file_) == 0;
    }

 private:
    std::FILE* file_;
};

std::uint64_t zigzag(std::int64_t number) {
    return (static_cast<std::uint64_t>(number) << 1) ^ static_cast<std::uint64_t>(number >> 63);
}

bool is_whole(double value) {
    return std::abs(value) < kWholeMax && value == std::floor(value);
}

// Why a trace cannot be written to what `fd` has open, which is emptied; null when it can. The lock
// stays as long as the file is open.
const char* refuse(int fd) {
    struct stat facts {};
    if (::fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        return "it is no regular file";
    }
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        return "another process records into it";
    }
    std::array<char, kTraceMagicOfAll.size()> begin{};
    if (facts.st_size > 0 && (::pread(fd, begin.data(), begin.size(), 0) < 0 ||
                              std::string_view(begin.data(), begin.size()) != kTraceMagicOfAll)) {
        return "another program wrote it; remove it, or name another path";
    }
    return ::ftruncate(fd, 0) == 0 ? nullptr : "it cannot be emptied";
}

}  // namespace

Result<std::unique_ptr<TraceFile>> create_trace_file(const std::string& path) {
    // Not blocking: a FIFO without a reader must not hold the core.
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0644);
    const char* const why = fd < 0 ? std::strerror(errno) : refuse(fd);
    std::FILE* const file = why == nullptr ? ::fdopen(fd, "wb") : nullptr;
    if (file == nullptr) {
        if (fd >= 0) {
            ::close(fd);
        }
        return Status(Code::kIo, "cannot create the trace " + path + ": " +
                                     (why == nullptr ? "no memory" : why));
    }
    return std::unique_ptr<TraceFile>(std::make_unique<PlainTraceFile>(file));
}

TraceWriter::TraceWriter(std::unique_ptr<TraceFile> file, std::uint64_t bytes_max)
    : file_(std::move(file)), bytes_max_(bytes_max), buffer_(kBufferBytes) {
    if (bytes_max_ < kTraceMagic.size() + 1) {
        done_ = true;
        return;
    }
    for (const char c : kTraceMagic) {
        put_byte(c);
    }
}

TraceWriter::~TraceWriter() {
    finish();
}

// Makes room for a record of at most `bytes`, keeping one byte for the end mark.
bool TraceWriter::room(std::size_t bytes) {
    if (done_) {
        return false;
    }
    if (bytes_ + at_ + bytes + 1 > bytes_max_ || bytes + 1 > kBufferBytes) {
        finish();
        return false;
    }
    if (at_ + bytes + 1 > kBufferBytes) {
        flush();
    }
    if (!done_) {
        ++records_;
    }
    return !done_;
}

void TraceWriter::flush() {
    if (at_ > 0 && !file_->write({buffer_.data(), at_})) {
        done_ = true;
    }
    bytes_ += at_;
    at_ = 0;
}

void TraceWriter::finish() {
    if (!done_) {
        put_byte('E');
        flush();
        done_ = true;
    }
}

void TraceWriter::put(std::uint64_t number) {
    while (number >= 0x80) {
        buffer_[at_++] = static_cast<std::byte>((number & 0x7F) | 0x80);
        number >>= 7;
    }
    buffer_[at_++] = static_cast<std::byte>(number);
}

void TraceWriter::put_text(std::string_view text) {
    put(text.size());
    std::memcpy(buffer_.data() + at_, text.data(), text.size());
    at_ += text.size();
}

void TraceWriter::add_family(FamilyId family, std::string_view name) {
    if (room(kHeadBytesMax + name.size())) {
        put_byte('F');
        put(family);
        put_text(name);
    }
}

void TraceWriter::add_unit(UnitId unit, const TraceUnitInfo& info) {
    if (!room(kHeadBytesMax + info.name.size())) {
        return;
    }
    if (unit >= number_.size()) {
        const std::size_t size = std::max<std::size_t>(unit + 1, number_.size() * 3 / 2);
        number_.resize(size, kNoNumber);
        first_.resize(size);
        slots_.resize(size);
        has_value_.resize(size);
    }
    // A unit id that is used again gets the same place when it is large enough.
    if (slots_[unit] < info.slots) {
        first_[unit] = static_cast<std::uint32_t>(values_.size());
        values_.resize(values_.size() + info.slots);
    }
    slots_[unit] = std::max(slots_[unit], info.slots);
    std::fill_n(values_.begin() + first_[unit], info.slots, 0.0);
    number_[unit] = next_number_++;
    has_value_[unit] = false;
    put_byte('U');
    put(number_[unit]);
    put(info.family);
    put(static_cast<std::uint64_t>(info.kind));
    put(static_cast<std::uint64_t>(info.unit_class));
    put(info.slots);
    put_text(info.name);
}

void TraceWriter::remove_unit(UnitId unit) {
    if (unit < number_.size() && number_[unit] != kNoNumber && room(kHeadBytesMax)) {
        put_byte('X');
        put(number_[unit]);
        number_[unit] = kNoNumber;
    }
}

void TraceWriter::on_time(std::int64_t now_ns) {
    const std::int64_t now_ms = now_ns / kNanosPerMilli;
    const std::int64_t passed = has_time_ ? now_ms - last_ms_ : 0;
    if ((has_time_ && passed <= 0) || !room(kHeadBytesMax)) {
        return;
    }
    put_byte('T');
    put(static_cast<std::uint64_t>(passed));
    last_ms_ = now_ms;
    has_time_ = true;
    last_number_ = 0;
}

void TraceWriter::on_value(UnitId unit, std::uint16_t slot, double value) {
    if (unit >= number_.size() || number_[unit] == kNoNumber || slot >= slots_[unit]) {
        return;
    }
    if (!has_value_[unit] && has_time_ && room(kHeadBytesMax)) {
        put_byte('B');
        put(number_[unit]);
        has_value_[unit] = true;
    }
    double& before = values_[first_[unit] + slot];
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const auto bits_before = std::bit_cast<std::uint64_t>(before);
    if (bits == bits_before || !has_time_ || !room(kHeadBytesMax)) {
        return;
    }
    const bool whole = is_whole(value) && is_whole(before);
    put_byte('V');
    put(zigzag(std::int64_t{number_[unit]} - last_number_));
    put(std::uint64_t{slot} * 2 + (whole ? 0 : 1));
    put(whole ? zigzag(static_cast<std::int64_t>(value) - static_cast<std::int64_t>(before))
              : reverse_bytes(bits ^ bits_before));
    last_number_ = number_[unit];
    before = value;
}

void TraceWriter::on_cost(FamilyId family, std::uint32_t units, double nanos) {
    if (has_time_ && nanos >= 0 && nanos < kWholeMax && room(kHeadBytesMax)) {
        put_byte('C');
        put(family);
        put(units);
        put(static_cast<std::uint64_t>(nanos));
    }
}

}  // namespace remora
