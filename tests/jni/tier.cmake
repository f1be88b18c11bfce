# Tier "jni": the boundary in a JVM that checks every JNI call.
if(REMORA_JAVA AND TARGET remora_jar)
    get_property(shim_classes GLOBAL PROPERTY REMORA_SHIM_CLASSES)
    set(jni_classes ${CMAKE_BINARY_DIR}/tests/jni/classes)
    file(GLOB jni_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/java/*.java)
    add_custom_command(
        OUTPUT ${jni_classes}.stamp
        COMMAND ${CMAKE_COMMAND} -E make_directory ${jni_classes}
        COMMAND ${Java_JAVAC_EXECUTABLE} --release 8 -encoding UTF-8 -Xlint:all,-options -Werror
            -cp ${shim_classes} -d ${jni_classes} ${jni_sources}
        COMMAND ${CMAKE_COMMAND} -E touch ${jni_classes}.stamp
        DEPENDS ${jni_sources} remora_jar
        COMMENT "Compiling the JNI tests"
        VERBATIM)
    add_custom_target(jni_tests_java ALL DEPENDS ${jni_classes}.stamp)
    add_test(NAME jni.boundary
        COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/jni_test.py ${Java_JAVA_EXECUTABLE}
            ${jni_classes}:${shim_classes} $<TARGET_FILE:remora_shared>)
    set_tests_properties(jni.boundary PROPERTIES LABELS jni TIMEOUT 180)
endif()
