#include "select/topic_filter.h"

#include <utility>

#include "base/hash.h"

namespace remora {
namespace {

std::optional<ConfiguredRegex> compile(const char* key, const std::string& pattern) {
    if (pattern.empty()) {
        return std::nullopt;
    }
    Result<ConfiguredRegex> regex = ConfiguredRegex::compile(key, pattern);
    return regex ? std::optional(std::move(regex).value()) : std::nullopt;
}

void add(const std::optional<ConfiguredRegex>& regex, std::vector<ConfiguredRegex>& all) {
    if (regex) {
        all.push_back(*regex);
    }
}

}  // namespace

bool is_internal_topic(std::string_view topic) {
    return topic.substr(0, 2) == "__";
}

TopicFilter::TopicFilter(const TopicsConfig& config)
    : mode_(config.mode),
      list_(config.list.begin(), config.list.end()),
      regex_(compile("topics.regex", config.regex)),
      bucket_index_(config.bucket_index),
      bucket_count_(config.bucket_count),
      internal_(config.internal),
      broker_topic_data_(config.broker_topic_data),
      partitions_(config.partitions) {}

bool TopicFilter::wants_topic(std::string_view topic) const {
    switch (mode_) {
        case TopicMode::kNone:
            return false;
        case TopicMode::kList:
            if (list_.count(std::string(topic)) == 0) {
                return false;
            }
            break;
        case TopicMode::kRegex:
            if (!regex_ || !regex_->matches(topic)) {
                return false;
            }
            break;
        case TopicMode::kAll:
            break;
    }
    return bucket_count_ <= 1 || fnv1_32(topic) % bucket_count_ + 1 == bucket_index_;
}

void TopicFilter::add_regexes(std::vector<ConfiguredRegex>& all) const {
    add(regex_, all);
}

ClientFilter::ClientFilter(const ClientsConfig& config)
    : enabled_(config.enabled),
      client_(compile("clients.client_regex", config.client_regex)),
      user_(compile("clients.user_regex", config.user_regex)),
      group_(compile("clients.group_regex", config.group_regex)) {}

void ClientFilter::add_regexes(std::vector<ConfiguredRegex>& all) const {
    add(client_, all);
    add(user_, all);
    add(group_, all);
}

}  // namespace remora
