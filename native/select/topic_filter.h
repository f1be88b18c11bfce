// Topics, partitions, clients: the filters by label that have keys of their own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "config/config.h"
#include "match/configured_regex.h"

namespace remora {

// True for topics that Kafka or its ecosystem keeps for itself: names that begin with two
// underscores.
bool is_internal_topic(std::string_view topic);

// Thread safety: immutable; any number of threads.
class TopicFilter {
 public:
    explicit TopicFilter(const TopicsConfig& config);

    bool wants_internal() const { return internal_; }
    // By mode, list, regex and bucket.
    bool wants_topic(std::string_view topic) const;
    bool wants_partitions() const { return partitions_; }
    bool wants_broker_topic_data() const { return broker_topic_data_; }

    // Appends the expressions that it matches.
    void add_regexes(std::vector<ConfiguredRegex>& all) const;

 private:
    TopicMode mode_;
    std::unordered_set<std::string> list_;
    std::optional<ConfiguredRegex> regex_;
    std::uint32_t bucket_index_;
    std::uint32_t bucket_count_;
    bool internal_;
    bool broker_topic_data_;
    bool partitions_;
};

class ClientFilter {
 public:
    explicit ClientFilter(const ClientsConfig& config);

    bool is_enabled() const { return enabled_; }
    bool wants_client(std::string_view id) const { return passes(client_, id); }
    bool wants_user(std::string_view user) const { return passes(user_, user); }
    bool wants_group(std::string_view group) const { return passes(group_, group); }

    // Appends the expressions that it matches.
    void add_regexes(std::vector<ConfiguredRegex>& all) const;

 private:
    static bool passes(const std::optional<ConfiguredRegex>& regex, std::string_view text) {
        return !regex || regex->matches(text);
    }

    bool enabled_;
    std::optional<ConfiguredRegex> client_;
    std::optional<ConfiguredRegex> user_;
    std::optional<ConfiguredRegex> group_;
};

}  // namespace remora
