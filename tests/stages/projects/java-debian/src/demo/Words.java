package demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Counts the words of a file. */
final class Words {
    public static void main(String[] arguments) throws IOException {
        long words = Files.lines(Path.of(arguments[0])).flatMap(line -> java.util.Arrays.stream(line.split(" "))).count();
        System.out.println(words + " words");
    }
}
