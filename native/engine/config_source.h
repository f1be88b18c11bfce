// The configuration with the facts of the host in its places, at the start and whenever either
// changes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "config/config.h"
#include "config/parse.h"
#include "engine/place.h"
#include "engine/placeholders.h"
#include "sink/file_system.h"
#include "tune/limits.h"

namespace remora {

// From "key=value" lines; a line without "=" is ignored.
Facts parse_facts(std::string_view text);

// Knows where the configuration comes from, what is written there (${...} as they are) and what the
// host's facts are. Every configuration that it hands out is expanded.
//
// Thread safety: open() and find() on the thread that starts the engine, reread(), learn() and
// keep_directory() on the housekeeping thread; the rest never changes.
class ConfigSource {
 public:
    // A configuration that can be used, and the agent's directory, whose lock it holds.
    struct Opened;
    struct Found {
        Config config;
        // Where the agent before this one may have left its counters. The first one is this one's.
        std::vector<Place> places;
        // It has every output: nothing is wrong with it, and none waits for a fact of the host.
        bool is_whole = false;
    };

    // Reads the configuration and, once nothing is wrong with it, makes and locks the agent's
    // directory. kInvalidConfig carries every problem, one a line; kNoPermission: see take_place().
    // `default_file`: see load_config(). `notes`: gets sentences for the log. Asks the disk.
    static Result<Opened> open(std::string_view arguments, const std::string& default_file,
                               std::string_view facts, FileSystem& files,
                               std::vector<std::string>& notes);
    // What an agent before this one was configured with, as far as it can be read; makes nothing.
    // kInvalidConfig when a place below Kafka's data is among it. Asks the disk.
    static Result<Found> find(std::string_view arguments, const std::string& default_file,
                              std::string_view facts, FileSystem& files);

    // The file changed: what it says now. An outcome with errors changes nothing here; of another
    // `directory` it warns, since that needs a new start. Asks the disk.
    ParseOutcome reread();
    // What is configured means by `text`, which stands for the operator's file but is not written:
    // the same with what the optimizer has changed, which are the last `tuned_rules` rules and
    // values of keys. Otherwise as reread().
    ParseOutcome mean(const std::string& text, std::size_t tuned_rules);
    // More is known of the host: what the configuration in force means now, whatever the file says
    // by now. Sentences for the log are warnings of the outcome.
    ParseOutcome learn(std::string_view facts);

    // What the operator has written, as it was last valid. Housekeeping thread.
    Written written() const { return {text_, path_, arguments_, process_environment()}; }

    const Place& place() const { return place_; }
    // Housekeeping thread: see keep_place().
    bool keep_directory(FileSystem& files) { return keep_place(files, place_); }
    // Empty: no file. The default one need not be there yet.
    const std::string& path() const { return path_; }
    // Of the file, as open() read it; FileMark{}: it was not there.
    const FileMark& mark() const { return mark_; }
    // What people ask first of the host, and the agent's version. Housekeeping thread.
    std::vector<TextPair> told_facts() const;
    // Since when the host runs, wall clock; 0: not known.
    std::int64_t host_start_wall_ms() const;

 private:
    ConfigSource() = default;

    bool take(ParseOutcome& outcome);

    std::string arguments_;
    std::string default_file_;
    std::string path_;
    FileMark mark_;
    std::string text_;  // of the file, without what the optimizer has changed
    Config written_;    // in force, placeholders as they are
    Facts facts_;
    Place place_;
};

struct ConfigSource::Opened {
    ConfigSource source;
    Config config;
};

}  // namespace remora
