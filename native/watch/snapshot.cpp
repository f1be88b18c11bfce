#include "watch/snapshot.h"

#include <utility>

namespace remora {
namespace {

constexpr std::uint64_t kBytesMax = 16ULL << 20;

Result<LastValues> read_values(const std::string& path) {
    const Result<std::string> text = read_file(path, kBytesMax);
    if (!text) {
        return text.status();
    }
    Result<LastValues> values = parse_values(text.value());
    if (!values) {
        return Status(values.status().code(), path + " " + values.status().message());
    }
    return values;
}

}  // namespace

bool is_recent(const Snapshot& snapshot, Counter counter) {
    const EventCount* const event =
        snapshot.values ? find_event(*snapshot.values, counter) : nullptr;
    return event != nullptr && is_recent(event->age_ms);
}

bool AgentFiles::has_news() const {
    return counters_ != mark_of(directory_ + "/remora.counters") ||
           values_ != mark_of(directory_ + "/remora.values");
}

Snapshot AgentFiles::read(std::int64_t now_wall_ms) {
    Snapshot snapshot;
    snapshot.directory = directory_;
    snapshot.now_wall_ms = now_wall_ms;
    // The marks first: what comes meanwhile is news.
    counters_ = mark_of(directory_ + "/remora.counters");
    values_ = mark_of(directory_ + "/remora.values");
    Result<CounterFile> counters = read_counter_file(directory_ + "/remora.counters");
    if (!counters) {
        snapshot.trouble = counters.status().message();
        return snapshot;
    }
    snapshot.counters = std::move(counters).value();
    snapshot.process_ended = has_ended(snapshot.counters->process);
    Result<LastValues> values = read_values(directory_ + "/remora.values");
    if (!values) {
        snapshot.values_trouble = values.status().message();
    } else if (values.value().process == snapshot.counters->process) {
        snapshot.values = std::move(values).value();
    } else {
        snapshot.values_trouble = directory_ + "/remora.values is of a process before this one";
    }
    read_report(snapshot);
    return snapshot;
}

// A hundred families in JSON: read once a minute, as it is written.
void AgentFiles::read_report(Snapshot& snapshot) {
    const std::string path = directory_ + "/remora.profile.json";
    const FileMark now = mark_of(path);
    if (now != report_mark_) {
        report_mark_ = now;
        report_.reset();
        const Result<std::string> text = read_file(path, kBytesMax);
        Result<Report> report = text ? parse_report(text.value()) : Result<Report>(text.status());
        if (report) {
            report_ = std::move(report).value();
        }
    }
    if (report_ && report_->profile.written_wall_ms >= snapshot.counters->start_wall_ms) {
        snapshot.report = report_;
    }
}

}  // namespace remora
