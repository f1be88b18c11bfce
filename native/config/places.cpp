#include "config/places.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "base/files.h"

namespace remora {
namespace {

namespace fs = std::filesystem;

// A file that is taken.
struct Claim {
    std::string path;
    std::string why;  // "is the configuration file"
};

std::string shown(const std::string& path) {
    return "\"" + path.substr(0, 200) + "\"";
}

// Why no output can be written to `path`; empty when one can. `plain`: as plain_path() returns it.
std::string why_no_file(const std::string& path, const std::string& plain) {
    const std::string name = fs::path(path).filename().string();
    if (name.empty() || name == "." || name == "..") {
        return "found " + shown(path) + ", which names a directory; expected the path of a file";
    }
    if (is_kernel_path(plain)) {
        return "found " + shown(path) +
               ", which is a device or a stream of the broker's; expected a file that a log "
               "shipper can follow, such as \"${dir}/remora.ndjson\"";
    }
    return "";
}

std::vector<Claim> files_of_agent(const Config& config, const std::string& config_file) {
    std::vector<Claim> claims;
    if (!config_file.empty()) {
        claims.push_back({config_file, "is the configuration file"});
    }
    const std::string directory = config.directory.empty() ? "${dir}" : config.directory;
    claims.push_back({directory, "is the agent's directory"});
    for (const char* name : {"counters", "counters.new", "values", "values.new", "lock", "beans",
                             "beans.new", "beans.request", "profile.json", "profile.json.new",
                             "tuning.json", "tuning.json.new", "tuning.json.bad", "tuning.ndjson",
                             "tuning.ndjson.1", "tuning.request", "tuning.request.new"}) {
        claims.push_back({directory + "/remora." + name, "is one that the agent keeps itself"});
    }
    return claims;
}

}  // namespace

std::string plain_path(std::string path, const std::string& directory) {
    constexpr std::string_view kVariable = "${dir}";
    if (path.compare(0, kVariable.size(), kVariable) == 0) {
        path.replace(0, kVariable.size(), directory.empty() ? "/?/?" : directory);
    }
    std::error_code failed;
    const fs::path absolute = fs::absolute(path, failed);
    return (failed ? fs::path(path) : absolute).lexically_normal().string();
}

std::vector<BadPlace> find_bad_places(
    const Config& config, const std::string& config_file,
    const std::function<std::string(const std::string&)>& normalized) {
    std::vector<BadPlace> bad;
    std::vector<Claim> claims = files_of_agent(config, config_file);
    for (Claim& claim : claims) {
        claim.path = normalized(claim.path);
    }
    const auto look_at = [&](std::size_t output, const std::string& path, const std::string& who) {
        const std::string plain = normalized(path);
        std::string why = why_no_file(path, plain);
        const auto taken = std::find_if(claims.begin(), claims.end(),
                                        [&](const Claim& claim) { return claim.path == plain; });
        if (why.empty() && taken != claims.end()) {
            why = "the file " + shown(path) + " " + taken->why;
        }
        if (why.empty()) {
            const fs::path lock = fs::path(plain).parent_path() /
                                  ("." + fs::path(plain).filename().string() + ".lock");
            claims.push_back({plain, "is written by " + who + " already"});
            claims.push_back({lock.string(), "is the lock file of " + who});
        } else {
            bad.push_back({output, std::move(why)});
        }
    };
    for (std::size_t i = 0; i < config.outputs.size(); ++i) {
        if (config.outputs[i].type == OutputType::kFile && !config.outputs[i].path.empty()) {
            look_at(i, config.outputs[i].path, "outputs." + std::to_string(i));
        }
    }
    if (!config.trace.path.empty()) {
        look_at(BadPlace::kTrace, config.trace.path, "trace.path");
    }
    return bad;
}

}  // namespace remora
