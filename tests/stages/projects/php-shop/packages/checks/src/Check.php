<?php

namespace Checks;

final class Check
{
}
