// The whole core: assembles the rooms, owns their threads, and is what the C ABI talks to.
#pragma once

#include <remora/abi.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/counter_table.h"
#include "base/log.h"
#include "base/runner.h"
#include "config/config.h"
#include "engine/channels.h"
#include "engine/core.h"
#include "engine/house.h"
#include "engine/intake.h"
#include "engine/output_pipe.h"
#include "engine/place.h"
#include "engine/placeholders.h"
#include "engine/registrar.h"
#include "engine/reload.h"
#include "model/intervals.h"
#include "plan/planner.h"
#include "sample/ceiling.h"
#include "sample/sampler.h"
#include "select/selector.h"
#include "sink/file_system.h"
#include "sink/socket.h"

namespace remora {

// From "key=value" lines.
Facts parse_facts(std::string_view text);

// Thread safety: start and stop from one owner thread; control, plan and submit from the collector
// thread.
class Engine {
 public:
    // Threads run when this returns. kInvalidConfig carries every problem of the configuration.
    static Result<std::unique_ptr<Engine>> start(std::string_view arguments, std::string_view facts,
                                                 const remora_buffers& buffers, LogSink& log_sink);
    // Whoever wrote the files of `arguments` before is gone: they end as the configuration says,
    // where they are, until start() writes them. Of a configuration with mistakes what can be read
    // of it counts.
    static void end_files(std::string_view arguments, std::string_view facts, LogSink& log_sink);
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine() = default;

    std::int32_t control(std::int32_t bytes);
    std::int32_t plan(std::int64_t now_ns);
    std::int32_t submit(std::int32_t bytes, std::int64_t since_ns);

    // A last tick, then every thread ends. False when one did not end within `deadline_ms`: the
    // engine must then be leaked, for that thread still uses it.
    bool stop(std::int64_t deadline_ms);

    // The shim knows more of its host than at the start: all facts anew, and which are still
    // pending. Any thread.
    void learn(std::string_view facts);

    // Counts and says a contained fault, and switches the agent off. Any thread.
    void fault(const char* where, const char* what) noexcept;

    const CounterTable& counters() const { return counters_; }

 private:
    friend class EngineInside;  // of a test: breaks an invariant

    // What start() finds out before there is an engine.
    struct Beginning {
        std::string arguments;
        std::string config_path;
        FileMark config_mark;
        Config written;  // placeholders as they are
        Config config;
        Facts facts;
        Place place;
    };

    struct Unfinished;

    static Result<Beginning> look_around(std::string_view arguments, std::string_view facts,
                                         std::vector<std::string>& said);
    Engine(Beginning beginning, const remora_buffers& buffers, LogSink& log_sink);
    Status start_threads();
    House::Options house_options(const FileMark& config_mark) const;
    void say_started();
    // CPU of the calling collector thread since the last call.
    std::int64_t account_collector();
    void follow_stride();
    static std::int64_t start_of_host(const Facts& facts);
    std::unique_ptr<OutputPipe> make_output(const OutputConfig& output, const Config& config,
                                            bool agent_begins);
    ParseOutcome load_changed();
    void take_facts(std::string_view facts);
    void take_reload();

    const Config config_;  // as it was at the start
    const Place place_;
    const std::string arguments_;
    Config written_;                 // what is in force, placeholders as they are; house thread
    Facts facts_;                    // house thread
    const std::string config_path_;  // empty: no file
    const remora_buffers buffers_;
    const SystemClock clock_;
    CounterTable counters_;
    Log log_;
    PosixFileSystem files_;
    PosixSocketFactory sockets_;
    const std::int64_t start_ns_;

    Channels channels_;
    IntervalTable intervals_;
    Planner planner_;
    Registrar registrar_;
    Intake intake_;
    Sampler sampler_;
    Ceiling ceiling_;
    // By name of the output: they go on counting when a reload builds the output anew. Written
    // before the threads start, then by the house thread.
    std::map<std::string, std::unique_ptr<CounterTable>> output_counters_;
    std::vector<std::unique_ptr<OutputPipe>> outputs_;  // the core thread's while it runs
    std::unique_ptr<Reloader> reloader_;
    std::unique_ptr<Runner> core_;
    std::unique_ptr<Runner> house_;

    // Collector thread.
    std::int64_t collector_cpu_seen_ns_ = 0;
    std::int64_t collector_cpu_ns_ = 0;
    std::int64_t cycle_begun_ns_ = 0;
    bool rediscover_ = false;
    Config grid_config_;        // that the planner's grid was made of
    std::uint32_t stride_ = 1;  // of the planner's grid
};

}  // namespace remora
