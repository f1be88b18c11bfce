// A parsed ObjectName: domain and key properties in registration order.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace remora {

struct KeyProperty {
    std::string_view key;
    std::string_view value;  // as registered: quotes and escapes kept
};

// Views into the text that was parsed, which must outlive this.
class ObjectName {
 public:
    // `text` as ObjectName.toString() gives it: "domain:key=value,key=value". Values may be quoted
    // ("a,b" keeps commas, \" \\ \* \? \n inside). kInvalidArgument when it is no ObjectName.
    static Result<ObjectName> parse(std::string_view text);

    std::string_view text() const { return text_; }
    std::string_view domain() const { return domain_; }
    const std::vector<KeyProperty>& properties() const { return properties_; }

    // Value of `key` as registered, or an empty view.
    std::string_view get(std::string_view key) const;
    bool has(std::string_view key) const;

 private:
    friend class OwnedObjectName;

    std::string_view text_;
    std::string_view domain_;
    std::vector<KeyProperty> properties_;
};

// A parsed ObjectName together with its text, to hand on instead of the text. Empty until one is
// given.
class OwnedObjectName {
 public:
    OwnedObjectName() = default;
    // Copies the text; parses nothing.
    explicit OwnedObjectName(const ObjectName& name);

    // Holds for as long as this, or what this is moved to.
    const ObjectName& get() const { return name_; }

 private:
    std::unique_ptr<std::string> text_;  // stays where it is when this is moved
    ObjectName name_;
};

// The value without ObjectName quoting: `"a\"b"` -> `a"b`; anything unquoted as it is.
std::string unquote(std::string_view value);

// The text of the name without its key property `partition`.
std::string without_partition(const ObjectName& name);

// Name of the cost family of an ObjectName: its text with the values of kFamilyKeys
// (kafka/beans.h) replaced by `*`.
// "kafka.log:type=Log,name=Size,topic=t1,partition=3" ->
// "kafka.log:type=Log,name=Size,topic=*,partition=*".
std::string family_name(const ObjectName& name);

}  // namespace remora
