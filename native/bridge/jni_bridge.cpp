// The only room that knows Java: null and range checks, one call of the C ABI, translation of the
// result. Natives are bound by one table; nothing here calls back into Java but to throw at start.
#include <jni.h>
#include <remora/abi.h>
#include <remora/wire.h>

#include <cstdint>
#include <memory>
#include <new>

namespace {

constexpr const char* kClass = "remora/shim/Native";
constexpr std::size_t kMessageBytes = 64 * 1024;  // every mistake of a configuration, one a line

// A modified-UTF-8 copy of a Java string, released on every path.
class JavaText {
 public:
    JavaText(JNIEnv* env, jstring text)
        : env_(env), text_(text), chars_(text ? env->GetStringUTFChars(text, nullptr) : nullptr) {}
    ~JavaText() {
        if (chars_ != nullptr) {
            env_->ReleaseStringUTFChars(text_, chars_);
        }
    }
    JavaText(const JavaText&) = delete;
    JavaText& operator=(const JavaText&) = delete;

    const char* c_str() const { return chars_; }

 private:
    JNIEnv* env_;
    jstring text_;
    const char* chars_;
};

void throw_state(JNIEnv* env, const char* message) {
    if (env->ExceptionCheck()) {
        return;
    }
    const jclass type = env->FindClass("java/lang/IllegalStateException");
    if (type != nullptr) {
        env->ThrowNew(type, message);
        env->DeleteLocalRef(type);
    }
}

bool take_buffer(JNIEnv* env, jobject buffer, std::uint8_t*& address, std::uint32_t& bytes) {
    if (buffer == nullptr) {
        return false;
    }
    address = static_cast<std::uint8_t*>(env->GetDirectBufferAddress(buffer));
    const jlong capacity = env->GetDirectBufferCapacity(buffer);
    if (address == nullptr || capacity <= 0 || capacity > INT32_MAX) {
        return false;
    }
    bytes = static_cast<std::uint32_t>(capacity);
    return true;
}

remora_agent* agent_of(jlong handle) {
    return reinterpret_cast<remora_agent*>(handle);
}

jint JNICALL wire_version(JNIEnv*, jclass) {
    return static_cast<jint>(remora::wire::kVersion);
}

jstring JNICALL version(JNIEnv* env, jclass) {
    return env->NewStringUTF(remora_version());
}

jlong JNICALL start(JNIEnv* env, jclass, jstring arguments, jstring facts, jobject control,
                    jobject answer, jobject plan, jobject sample) {
    const JavaText argument_text(env, arguments);
    const JavaText fact_text(env, facts);
    if (argument_text.c_str() == nullptr || fact_text.c_str() == nullptr) {
        throw_state(env, "arguments and facts must not be null");
        return 0;
    }
    remora_buffers buffers{};
    if (!take_buffer(env, control, buffers.control, buffers.control_bytes) ||
        !take_buffer(env, answer, buffers.answer, buffers.answer_bytes) ||
        !take_buffer(env, plan, buffers.plan, buffers.plan_bytes) ||
        !take_buffer(env, sample, buffers.sample, buffers.sample_bytes)) {
        throw_state(env, "control, answer, plan and sample must be direct buffers");
        return 0;
    }
    const std::unique_ptr<char[]> message(new (std::nothrow) char[kMessageBytes]());
    remora_agent* agent = remora_start(argument_text.c_str(), fact_text.c_str(), &buffers,
                                       message.get(), message == nullptr ? 0 : kMessageBytes);
    if (agent == nullptr) {
        throw_state(env, message == nullptr ? "no memory" : message.get());
    }
    return reinterpret_cast<jlong>(agent);
}

void JNICALL end_files(JNIEnv* env, jclass, jstring arguments, jstring facts) {
    const JavaText argument_text(env, arguments);
    const JavaText fact_text(env, facts);
    if (argument_text.c_str() != nullptr && fact_text.c_str() != nullptr) {
        remora_end_files(argument_text.c_str(), fact_text.c_str());
    }
}

jint JNICALL control(JNIEnv*, jclass, jlong handle, jint bytes) {
    return remora_control(agent_of(handle), bytes);
}

jint JNICALL plan(JNIEnv*, jclass, jlong handle, jlong now_ns) {
    return remora_plan(agent_of(handle), now_ns);
}

jint JNICALL submit(JNIEnv*, jclass, jlong handle, jint bytes, jlong since_ns) {
    return remora_submit(agent_of(handle), bytes, since_ns);
}

jint JNICALL learn(JNIEnv* env, jclass, jlong handle, jstring facts) {
    const JavaText fact_text(env, facts);
    return remora_learn(agent_of(handle), fact_text.c_str());
}

jint JNICALL reload(JNIEnv*, jclass, jlong handle) {
    return remora_reload(agent_of(handle));
}

jstring JNICALL reload_outcome(JNIEnv* env, jclass, jlong handle) {
    const std::unique_ptr<char[]> message(new (std::nothrow) char[kMessageBytes]());
    if (message == nullptr ||
        remora_reload_outcome(agent_of(handle), message.get(), kMessageBytes) <= 0) {
        return nullptr;
    }
    return env->NewStringUTF(message.get());
}

jint JNICALL threads(JNIEnv*, jclass) {
    return remora_threads();
}

jint JNICALL stop(JNIEnv*, jclass, jlong handle, jint deadline_ms) {
    return remora_stop(agent_of(handle), deadline_ms);
}

JNINativeMethod method(const char* name, const char* signature, void* function) {
    return JNINativeMethod{const_cast<char*>(name), const_cast<char*>(signature), function};
}

}  // namespace

extern "C" JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM* vm, void*) {
    JNIEnv* env = nullptr;
    if (vm->GetEnv(reinterpret_cast<void**>(&env), JNI_VERSION_1_8) != JNI_OK) {
        return JNI_ERR;
    }
    const jclass type = env->FindClass(kClass);
    if (type == nullptr) {
        return JNI_ERR;  // the pending NoClassDefFoundError tells the shim why
    }
    const JNINativeMethod methods[] = {
        method("wireVersion", "()I", reinterpret_cast<void*>(&wire_version)),
        method("version", "()Ljava/lang/String;", reinterpret_cast<void*>(&version)),
        method("start",
               "(Ljava/lang/String;Ljava/lang/String;Ljava/nio/ByteBuffer;Ljava/nio/ByteBuffer;"
               "Ljava/nio/ByteBuffer;Ljava/nio/ByteBuffer;)J",
               reinterpret_cast<void*>(&start)),
        method("endFiles", "(Ljava/lang/String;Ljava/lang/String;)V",
               reinterpret_cast<void*>(&end_files)),
        method("control", "(JI)I", reinterpret_cast<void*>(&control)),
        method("plan", "(JJ)I", reinterpret_cast<void*>(&plan)),
        method("submit", "(JIJ)I", reinterpret_cast<void*>(&submit)),
        method("learn", "(JLjava/lang/String;)I", reinterpret_cast<void*>(&learn)),
        method("reload", "(J)I", reinterpret_cast<void*>(&reload)),
        method("reloadOutcome", "(J)Ljava/lang/String;", reinterpret_cast<void*>(&reload_outcome)),
        method("threads", "()I", reinterpret_cast<void*>(&threads)),
        method("stop", "(JI)I", reinterpret_cast<void*>(&stop)),
    };
    const jint bound = env->RegisterNatives(type, methods, sizeof(methods) / sizeof(methods[0]));
    env->DeleteLocalRef(type);
    return bound == JNI_OK ? JNI_VERSION_1_8 : JNI_ERR;
}
